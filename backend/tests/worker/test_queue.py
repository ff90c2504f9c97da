"""The queue runs what rooms declared, and nothing that somebody else put there."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rq.job import Job
from serversctl.wiring import Wiring
from serversctl.worker import tasks
from serversctl.worker.queue import LANES, RUN, SLOW, URGENT, TaskJob, enqueue, make_queue, make_worker
from serversctl.worker.rooms import Rooms
from serversctl.worker.schedule import Schedule


@pytest.fixture
def done(wiring: Wiring) -> list[Any]:
    """What tasks did."""
    seen: list[Any] = []
    rooms = Rooms()
    rooms.add(SimpleNamespace(TASKS={
        "t.note": lambda _wiring, value: seen.append(value),
        "t.fail": lambda _wiring: 1 / 0,
    }))  # type: ignore[arg-type]  # fmt: skip
    tasks.use(wiring, rooms)
    return seen


def work(wiring: Wiring) -> None:
    make_worker(wiring.redis, LANES).work(burst=True, logging_level="CRITICAL")


def test_a_task_runs_with_its_plain_arguments(wiring: Wiring, done: list[Any]):
    enqueue(wiring.redis, "t.note", "x-1", key="a")

    work(wiring)

    assert done == ["x-1"]


def test_the_same_key_is_queued_once_until_it_has_run(wiring: Wiring, done: list[Any]):
    first = enqueue(wiring.redis, "t.note", 1, key="a")
    double = enqueue(wiring.redis, "t.note", 1, key="a")
    work(wiring)
    later = enqueue(wiring.redis, "t.note", 2, key="a")
    work(wiring)

    assert (first, double, later) == (True, False, True)
    assert done == [1, 2]


def test_urgent_goes_before_slow(wiring: Wiring, done: list[Any]):
    enqueue(wiring.redis, "t.note", "slow", key="a", lane=SLOW)
    enqueue(wiring.redis, "t.note", "urgent", key="b", lane=URGENT)

    work(wiring)

    assert done == ["urgent", "slow"]


def test_a_failing_task_leaves_the_lane_working(wiring: Wiring, done: list[Any]):
    enqueue(wiring.redis, "t.fail", key="a")
    enqueue(wiring.redis, "t.note", 1, key="b")

    work(wiring)

    assert done == [1]


class Bomb:
    """Unpickling this writes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return (Path.touch, (self.trace,))


def plant(wiring: Wiring, data: bytes, **more: str) -> None:
    """What somebody with write access to Redis can put into a queue."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    wiring.redis.hset(
        "rq:job:planted", mapping={"data": data, "created_at": now, "status": "queued", "origin": SLOW, **more}
    )
    wiring.redis.rpush(f"rq:queue:{SLOW}", "planted")


def test_a_planted_pickle_is_not_opened(wiring: Wiring, done: list[Any], tmp_path: Path):
    trace = tmp_path / "trace"
    plant(wiring, pickle.dumps((RUN, None, [Bomb(trace)], {})))
    enqueue(wiring.redis, "t.note", 1, key="b")

    work(wiring)

    assert not trace.exists()
    assert done == [1]
    pickle.loads(pickle.dumps(Bomb(trace)))  # the bomb is a real one
    assert trace.exists()


def test_a_planted_name_of_another_function_is_not_called(wiring: Wiring, done: list[Any], tmp_path: Path):
    trace = tmp_path / "trace"
    plant(wiring, f'["os.mkdir", null, ["{trace}"], {{}}]'.encode())

    work(wiring)

    assert not trace.exists()
    # The same entry as RQ itself runs it: the guard is ours.
    Job.fetch("planted", connection=wiring.redis, serializer=make_queue(wiring.redis, SLOW).serializer).perform()
    assert trace.exists()


def test_planted_callbacks_are_not_imported(wiring: Wiring, done: list[Any]):
    plant(
        wiring, f'["{RUN}", null, ["t.note", [1]], {{}}]'.encode(),
        success_callback_name="antigravity.fly", webhooks='[{"url": "http://127.0.0.1:1/", "job_status": "finished"}]',
    )  # fmt: skip

    job = TaskJob.fetch("planted", connection=wiring.redis, serializer=make_queue(wiring.redis, SLOW).serializer)
    work(wiring)

    assert job.success_callback is None
    assert done == [1]


def test_a_task_that_nobody_declared_is_refused(wiring: Wiring, done: list[Any]):
    with pytest.raises(KeyError):
        tasks.run("os.system", ["true"])


def schedule_of(wiring: Wiring, *entries: Any) -> tuple[Schedule, Rooms]:
    rooms = Rooms()
    rooms.add(SimpleNamespace(PERIODIC=entries))  # type: ignore[arg-type]
    tasks.use(wiring, rooms)
    return Schedule(rooms, now=100.0), rooms


def test_quick_things_run_in_the_loop_and_slow_ones_in_the_queue(wiring: Wiring):
    seen: list[str] = []
    schedule, _ = schedule_of(
        wiring, ("quick", 5, lambda _w: seen.append("quick")), ("slow", 900, lambda _w: seen.append("slow"))
    )

    too_early = schedule.run_due(wiring, 100.5)
    started = schedule.run_due(wiring, 101.0)
    in_the_loop = list(seen)
    work(wiring)

    assert (too_early, started, in_the_loop) == ([], ["quick", "slow"], ["quick"])
    assert seen == ["quick", "slow"]
    assert schedule.run_due(wiring, 105.9) == []
    assert schedule.run_due(wiring, 106.0) == ["quick"]


def test_two_workers_queue_a_slow_thing_once(wiring: Wiring):
    seen: list[str] = []
    entry = ("slow", 900, lambda _w: seen.append("slow"))
    one, _ = schedule_of(wiring, entry)
    two, _ = schedule_of(wiring, entry)

    one.run_due(wiring, 101.0)
    two.run_due(wiring, 101.0)
    work(wiring)

    assert seen == ["slow"]


def test_a_periodic_thing_that_fails_does_not_stop_the_others(wiring: Wiring):
    seen: list[str] = []
    schedule, _ = schedule_of(wiring, ("bad", 5, lambda _w: 1 / 0), ("good", 5, lambda _w: seen.append("good")))

    schedule.run_due(wiring, 101.0)

    assert seen == ["good"]
