"""The outbox: at least once, poison in sight, the stream fed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.failpoint import armed
from serversctl.kernel.ids import new_id
from serversctl.kernel.outbox import OutboxEvent
from serversctl.wiring import Wiring
from serversctl.worker.drain import ATTEMPTS, drain, forget_done, retry_delay, retry_failed
from serversctl.worker.rooms import Rooms, find_rooms
from serversctl.worker.stream import KEPT_EVENTS, stream_key
from serversctl.worker.tables import OutboxFailure
from sqlalchemy import select, update
from support.servers.redis import Redis

from .conftest import ACCOUNT, happens

PAST = datetime(2026, 1, 1, tzinfo=UTC)


def rooms_with(**subscriptions: Any) -> Rooms:
    rooms = Rooms()
    declared = {name.replace("__", ".").replace("ALL", "*"): function for name, function in subscriptions.items()}
    rooms.add(SimpleNamespace(SUBSCRIPTIONS=declared))  # type: ignore[arg-type]
    return rooms


def every(wiring: Wiring, table: type[Any]) -> list[Any]:
    with unit_of_work(wiring.sessions) as session:
        return list(session.scalars(select(table)))


def time_passes(wiring: Wiring) -> None:
    with unit_of_work(wiring.sessions) as session:
        session.execute(update(OutboxEvent).where(OutboxEvent.done_at.is_(None)).values(next_try_at=PAST))
        session.execute(update(OutboxFailure).where(OutboxFailure.next_try_at.is_not(None)).values(next_try_at=PAST))


def test_each_event_reaches_its_subscribers_and_those_of_its_area(wiring: Wiring):
    seen: list[tuple[str, str]] = []

    def exact(_wiring: Any, event: OutboxEvent) -> None:
        seen.append(("exact", event.kind))

    def area(_wiring: Any, event: OutboxEvent) -> None:
        seen.append(("area", event.kind))

    rooms = rooms_with(job__failed=exact, job__ALL=area)
    for kind in ("job.failed", "job.completed", "dns.error"):
        happens(wiring, kind)

    assert drain(wiring, rooms) == 3
    assert drain(wiring, rooms) == 0
    assert seen == [("exact", "job.failed"), ("area", "job.failed"), ("area", "job.completed")]


class Died(BaseException):
    """A kill."""


def die() -> None:
    raise Died


@pytest.mark.parametrize("place", ["outbox_taken", "outbox_handled"])
def test_an_event_taken_by_a_worker_that_died_is_handled_later(wiring: Wiring, place: str):
    seen: list[str] = []
    rooms = rooms_with(a__b=lambda _wiring, event: seen.append(event.kind))
    happens(wiring, "a.b")

    with armed(place, die), pytest.raises(Died):
        drain(wiring, rooms)
    right_away = drain(wiring, rooms)
    time_passes(wiring)
    drain(wiring, rooms)

    assert right_away == 0
    assert len(seen) == (1 if place == "outbox_taken" else 2)  # at least once: subscribers bear doubles
    assert every(wiring, OutboxEvent)[0].done_at is not None


def test_a_failing_subscriber_is_tried_again_and_the_others_are_not(wiring: Wiring):
    good: list[int] = []
    bad: list[int] = []

    def works(_wiring: Any, _event: OutboxEvent) -> None:
        good.append(1)

    def fails_twice(_wiring: Any, _event: OutboxEvent) -> None:
        bad.append(1)
        if len(bad) < 3:
            raise RuntimeError("not yet")

    rooms = rooms_with(a__b=[fails_twice, works])
    happens(wiring, "a.b")
    drain(wiring, rooms)
    at_once = retry_failed(wiring, rooms)
    for _ in range(4):
        time_passes(wiring)
        drain(wiring, rooms)
        retry_failed(wiring, rooms)

    assert at_once == 0
    assert (len(good), len(bad)) == (1, 3)
    assert every(wiring, OutboxFailure) == []


def test_poison_is_given_up_and_stays_in_sight(wiring: Wiring):
    calls: list[int] = []

    def always_fails(_wiring: Any, _event: OutboxEvent) -> None:
        calls.append(1)
        raise RuntimeError("poison")

    rooms = rooms_with(a__b=always_fails)
    happens(wiring, "a.b")
    drain(wiring, rooms)
    for _ in range(ATTEMPTS + 5):
        time_passes(wiring)
        retry_failed(wiring, rooms)

    (failure,) = every(wiring, OutboxFailure)
    assert (len(calls), failure.attempts) == (ATTEMPTS, ATTEMPTS)
    assert failure.poisoned_at is not None
    assert failure.last_error == "RuntimeError: poison"


def test_an_event_that_kills_the_worker_each_time_does_not_stop_the_others(wiring: Wiring):
    seen: list[str] = []

    def kills(_wiring: Any, _event: OutboxEvent) -> None:
        raise Died

    rooms = rooms_with(a__bad=kills, a__good=lambda _wiring, event: seen.append(event.kind))
    happens(wiring, "a.bad")
    for _ in range(ATTEMPTS):
        with pytest.raises(Died):
            drain(wiring, rooms)
        time_passes(wiring)
    happens(wiring, "a.good")
    drain(wiring, rooms)

    assert seen == ["a.good"]
    assert [f.subscriber for f in every(wiring, OutboxFailure)] == ["worker"]


def test_events_reach_the_accounts_stream_without_what_is_sealed(wiring: Wiring):
    happens(wiring, "job.failed", jobId="1", tokenSealed="v1.secret")
    happens(wiring, "identity.password_reset_requested", email="ann@example.com")

    drain(wiring, Rooms())

    ((_, fields),) = wiring.redis.xrange(stream_key(ACCOUNT))
    news = json.loads(fields[b"data"])
    assert (news["kind"], news["payload"], news["memberId"]) == ("job.failed", {"jobId": "1"}, None)
    assert news["at"].endswith("Z")


def test_the_stream_is_capped(wiring: Wiring):
    for number in range(KEPT_EVENTS // 100 + 12):
        with unit_of_work(wiring.sessions) as session:
            session.add_all(
                OutboxEvent(
                    id=new_id(), account_id=ACCOUNT, kind="a.b", payload={}, created_at=PAST + timedelta(seconds=number)
                )
                for _ in range(100)
            )
    while drain(wiring, Rooms()):
        pass

    assert wiring.redis.xlen(stream_key(ACCOUNT)) <= KEPT_EVENTS + 200
    assert wiring.redis.ttl(stream_key(ACCOUNT)) > 0


def test_without_redis_subscribers_still_hear(wiring: Wiring, redis_server: Redis):
    seen: list[str] = []
    rooms = rooms_with(a__b=lambda _wiring, event: seen.append(event.kind))
    happens(wiring, "a.b")
    redis_server.kill()

    drain(wiring, rooms)

    assert seen == ["a.b"]


def test_what_is_done_goes_after_a_week_and_poison_stays_longer(wiring: Wiring):
    happens(wiring, "a.b")
    happens(wiring, "a.poison")
    drain(wiring, rooms_with(a__poison=lambda *_: 1 / 0))
    old = datetime.now(UTC) - timedelta(days=8)
    with unit_of_work(wiring.sessions) as session:
        session.execute(update(OutboxEvent).values(done_at=old))

    forget_done(wiring)

    assert [event.kind for event in every(wiring, OutboxEvent)] == ["a.poison"]


def test_pauses_grow_to_ten_minutes():
    pauses = [retry_delay(attempt).total_seconds() for attempt in range(1, 30)]

    assert pauses[0] <= 2
    assert 300 <= pauses[-1] <= 600


def test_every_room_declares_things_that_fit_together():
    rooms = find_rooms()

    assert "job.pending" in rooms.subscriptions
    assert {"job-sweep", "notifications-due", "outbox-retention"} <= {entry.name for entry in rooms.periodic}
    assert {"jobs.run_here", "notifications.deliver"} <= set(rooms.tasks)
    assert all(entry.seconds > 0 for entry in rooms.periodic)


def test_a_name_that_is_declared_twice_is_refused():
    rooms = Rooms()
    module = SimpleNamespace(PERIODIC=[("a", 5, print)], TASKS={"t": print})
    rooms.add(module)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="declared twice"):
        rooms.add(module)  # type: ignore[arg-type]
