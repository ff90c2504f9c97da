"""The worker's side of jobs: flags, sweeps, and commands that the control plane runs itself."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import redis as redis_lib

from ..kernel.db import reading, unit_of_work
from ..kernel.errors import Conflict, DomainError, NotFound
from ..kernel.outbox import OutboxEvent
from . import flags, service
from .catalogue import AGENT, HERE, Later, Order, load
from .rotation import order_after
from .rules import Ending
from .tables import Job

log = logging.getLogger(__name__)

RUN_HERE = "jobs.run_here"


def on_pending(wiring: Any, event: OutboxEvent) -> None:
    """A job waits: tell intake, or queue it when it runs here. Whatever is lost here is found by the periodics."""
    if event.payload["runsOn"] == AGENT:
        try:
            wiring.redis.sadd(flags.PENDING, str(event.member_id))
        except redis_lib.RedisError as why:
            log.warning("flag of %s not raised (%s); the rebuild will", event.member_id, why)
    else:
        queue_own(wiring)


def on_rotation(wiring: Any, event: OutboxEvent) -> None:
    """A new secret was made: bring it to the member over the session that it has."""
    with unit_of_work(wiring.sessions) as session:
        order_after(session, load(wiring.settings.agent_dist), event)


def queue_own(wiring: Any) -> None:
    """Queue every pending command of the control plane; doubles are kept out by the attempt in the key."""
    with reading(wiring.sessions) as session:
        waiting = [
            (str(job.id), f"{job.attempt + 1}-{job.deliveries}", job.timeout_sec)
            for job in service.jobs_to_run_here(session)
        ]
    for job_id, turn, timeout_sec in waiting:
        wiring.hooks["enqueue"](RUN_HERE, job_id, key=f"job-{job_id}-{turn}", timeout_sec=timeout_sec)


def run_here(wiring: Any, job_id: str) -> None:
    """Claim, run, record: a command of the control plane."""
    with unit_of_work(wiring.sessions) as session:
        known = service.get_job(session, UUID(job_id))
        if known is None:
            return
        try:
            job = service.claim(session, known.id, known.member_id, runs_on=HERE).job
        except (Conflict, NotFound) as why:
            log.info("job %s is not run: %s", job_id, why.detail)
            return
    try:
        report = _run(wiring, job)
    except Later as why:
        with unit_of_work(wiring.sessions) as session:
            service.postpone(session, job.id, job.attempt, step=why.step, retry_in_sec=why.retry_in_sec)
        return
    with unit_of_work(wiring.sessions) as session:
        service.complete(session, job.id, job.member_id, job.attempt, report)


def _run(wiring: Any, job: Job) -> service.Report:
    command = load(wiring.settings.agent_dist).find(job.command)
    assert command.run is not None  # noqa: S101
    order = Order(job.id, job.account_id, job.pool_id, job.member_id, job.params)
    try:
        return service.Report(Ending.COMPLETED, result=dict(command.run(wiring, order)))
    except Later:
        raise
    except DomainError as why:
        return service.Report(Ending.FAILED, error=f"{why.code}: {why.detail}")
    except Exception as why:
        log.exception("command %s failed", job.command)
        return service.Report(Ending.FAILED, error=f"{type(why).__name__}: {why}")


def sweep(wiring: Any) -> None:
    """Settle leases and limits that ran out."""
    with unit_of_work(wiring.sessions) as session:
        service.sweep(session)


def rebuild_flags(wiring: Any) -> None:
    flags.rebuild(wiring.sessions, wiring.redis)


def forget_old(wiring: Any) -> None:
    """Keep the history within its bound."""
    with unit_of_work(wiring.sessions) as session:
        service.forget_cargo(session)
    while True:
        with unit_of_work(wiring.sessions) as session:
            if service.forget_old(session) == 0:
                return


SUBSCRIPTIONS = {"job.pending": on_pending, "member.secret_rotated": on_rotation}
PERIODIC = [
    ("job-sweep", 5, sweep),
    ("job-flags", 5, rebuild_flags),
    ("job-own", 5, queue_own),
    ("job-retention", 3600, forget_old),
]
TASKS = {RUN_HERE: run_here}
