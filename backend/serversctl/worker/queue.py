"""The queue: RQ with JSON payloads, one runnable function, and job ids that keep doubles out."""

from __future__ import annotations

import logging
from typing import Any

import redis as redis_lib
from rq import Queue, SimpleWorker
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

# The one function that a queue entry may name; it looks the task up among those that rooms declared.
RUN = "serversctl.worker.tasks.run"
URGENT, SLOW = "sctl-urgent", "sctl-slow"
LANES = (URGENT, SLOW)
WAITS_AT_MOST_SEC = 3600
FAILED_KEPT_SEC = 24 * 3600


class NotOurs(Exception):
    """A queue entry that we did not write."""


class TaskJob(Job):
    """A queue entry that can call nothing but `RUN`: whoever gets write access to Redis gets no code to run."""

    @property
    def func(self) -> Any:
        if self.func_name != RUN or self.instance is not None:
            raise NotOurs(f"The queue entry {self.id} names {self.func_name!r}; it is not run.")
        return super().func

    # RQ would import callbacks by name and post to web hooks by address: both are code or traffic of a stranger.
    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, *_args: Any, **_named: Any) -> None:
        return None


class LaneWorker(SimpleWorker):
    """Runs entries in its own process, one after the other. A wedged one is ended by its time limit."""

    job_class = TaskJob


def make_queue(redis: redis_lib.Redis, lane: str) -> Queue:
    return Queue(lane, connection=redis, serializer=JSONSerializer, job_class=TaskJob)


def make_worker(redis: redis_lib.Redis, lanes: tuple[str, ...]) -> LaneWorker:
    queues = [make_queue(redis, lane) for lane in lanes]
    return LaneWorker(queues, connection=redis, serializer=JSONSerializer, job_class=TaskJob)


def enqueue(
    redis: redis_lib.Redis,
    task: str,
    *args: str | float | bool | None,
    key: str,
    lane: str = SLOW,
    timeout_sec: int = 60,
    waits_sec: int = WAITS_AT_MOST_SEC,
) -> bool:
    """Queue a task once per `key` (letters, digits, - and _); False when it is queued or running already."""
    try:
        make_queue(redis, lane).enqueue_call(
            RUN,
            args=(task, list(args)),
            timeout=timeout_sec,
            ttl=waits_sec,
            result_ttl=0,
            failure_ttl=FAILED_KEPT_SEC,
            description=task,
            job_id=key,
            unique=True,
        )
    except DuplicateJobError:
        return False
    return True
