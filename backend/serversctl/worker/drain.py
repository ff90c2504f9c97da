"""The outbox, emptied: each event to the stream and to its subscribers, at least once, poison kept in sight."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from ..kernel.db import database_now, reading, unit_of_work
from ..kernel.failpoint import failpoint
from ..kernel.outbox import OutboxEvent
from .rooms import Rooms, Subscriber
from .stream import publish
from .tables import OutboxFailure

log = logging.getLogger(__name__)

BATCH = 100
# Somebody who took an event and died gives it back after this long.
TAKEN_SEC = 60
ATTEMPTS = 10
RETRY_FIRST_SEC, RETRY_MAX_SEC = 2, 600
KEPT_DONE_DAYS, KEPT_POISON_DAYS = 7, 90


def drain(wiring: Any, rooms: Rooms) -> int:
    """Hand out what is open. Returns how many events were handled."""
    with reading(wiring.sessions) as session:
        if session.scalar(select(OutboxEvent.id).where(_open(database_now(session))).limit(1)) is None:
            return 0  # looking takes no write lock, and most ticks find nothing
    with unit_of_work(wiring.sessions) as session:
        taken = _take(session)
    for event in taken:
        failpoint("outbox_taken")
        if event.attempts <= ATTEMPTS:
            publish(wiring.redis, event)
            failures = [
                (name, trouble)
                for name, function in rooms.subscribers(event.kind)
                if (trouble := _try(wiring, event, name, function)) is not None
            ]
        else:
            failures = [("worker", f"The worker died {ATTEMPTS} times with this event.")]
        failpoint("outbox_handled")
        with unit_of_work(wiring.sessions) as session:
            _settle(session, event, failures)
    return len(taken)


def _open(now: datetime) -> ColumnElement[bool]:
    due = or_(OutboxEvent.next_try_at.is_(None), OutboxEvent.next_try_at <= now)
    return and_(OutboxEvent.done_at.is_(None), due)


def _take(session: Session) -> Sequence[OutboxEvent]:
    now = database_now(session)
    events = session.scalars(
        select(OutboxEvent)
        .where(_open(now))
        .order_by(OutboxEvent.created_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for event in events:
        event.attempts += 1
        event.next_try_at = now + timedelta(seconds=TAKEN_SEC)
    return events


def _try(wiring: Any, event: OutboxEvent, name: str, function: Subscriber) -> str | None:
    """The subscriber's trouble as text, or None when all went well."""
    try:
        function(wiring, event)
    except Exception as why:
        log.exception("subscriber %s failed on %s %s", name, event.kind, event.id)
        return f"{type(why).__name__}: {why}"[:2000]
    return None


def _settle(session: Session, event: OutboxEvent, failures: Sequence[tuple[str, str]]) -> None:
    now = database_now(session)
    for name, trouble in failures:
        poisoned = now if name == "worker" else None
        session.merge(
            OutboxFailure(
                event_id=event.id,
                subscriber=name,
                attempts=1,
                next_try_at=None if poisoned else now + retry_delay(1),
                last_error=trouble,
                poisoned_at=poisoned,
            )
        )
    session.execute(update(OutboxEvent).where(OutboxEvent.id == event.id).values(done_at=now, next_try_at=None))


def retry_delay(attempts: int, chance: random.Random | None = None) -> timedelta:
    """2 s, 4 s, … up to 10 min, half of it by chance, so that many failures do not come back together."""
    most = min(RETRY_MAX_SEC, RETRY_FIRST_SEC * 2 ** min(attempts - 1, 20))
    return timedelta(seconds=most * (chance or random).uniform(0.5, 1.0))


def retry_failed(wiring: Any, rooms: Rooms) -> int:
    """Try the failed subscribers whose time has come again. Returns how many were tried."""
    with reading(wiring.sessions) as session:
        is_due = OutboxFailure.next_try_at <= database_now(session)
        if session.scalar(select(OutboxFailure.event_id).where(is_due).limit(1)) is None:
            return 0
    with unit_of_work(wiring.sessions) as session:
        due = _take_failed(session)
    for failure, event in due:
        function = rooms.subscriber(failure.subscriber)
        # A subscriber that a later version no longer has has nothing left to do.
        trouble = _try(wiring, event, failure.subscriber, function) if function else None
        with unit_of_work(wiring.sessions) as session:
            _settle_failed(session, failure, trouble)
    return len(due)


def _take_failed(session: Session) -> list[tuple[OutboxFailure, OutboxEvent]]:
    now = database_now(session)
    rows = session.execute(
        select(OutboxFailure, OutboxEvent)
        .join(OutboxEvent, OutboxEvent.id == OutboxFailure.event_id)
        .where(OutboxFailure.next_try_at <= now)
        .order_by(OutboxFailure.next_try_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=OutboxFailure)
    ).all()
    for failure, _ in rows:
        failure.attempts += 1
        failure.next_try_at = now + timedelta(seconds=TAKEN_SEC)
    return [(failure, event) for failure, event in rows]


def _settle_failed(session: Session, failure: OutboxFailure, trouble: str | None) -> None:
    this = (OutboxFailure.event_id == failure.event_id) & (OutboxFailure.subscriber == failure.subscriber)
    if trouble is None:
        session.execute(delete(OutboxFailure).where(this))
        return
    now: datetime = database_now(session)
    values: dict[str, Any] = {"last_error": trouble, "next_try_at": now + retry_delay(failure.attempts)}
    if failure.attempts >= ATTEMPTS:
        log.error("subscriber %s gave up on event %s: %s", failure.subscriber, failure.event_id, trouble)
        values = {"last_error": trouble, "next_try_at": None, "poisoned_at": now}
    session.execute(update(OutboxFailure).where(this).values(values))


def forget_done(wiring: Any) -> None:
    """Bound the outbox: events done a week ago go, poisoned ones after 90 days."""
    with unit_of_work(wiring.sessions) as session:
        now = database_now(session)
        old_poison = select(OutboxFailure.event_id).where(
            OutboxFailure.poisoned_at < now - timedelta(days=KEPT_POISON_DAYS)
        )
        failing = select(OutboxFailure.event_id)
        doomed = session.scalars(
            select(OutboxEvent.id)
            .where(
                OutboxEvent.done_at < now - timedelta(days=KEPT_DONE_DAYS),
                or_(OutboxEvent.id.not_in(failing), OutboxEvent.id.in_(old_poison)),
            )
            .limit(1000)
        ).all()
        delete_events(session, doomed)


def delete_events(session: Session, event_ids: Sequence[UUID]) -> None:
    if event_ids:
        session.execute(delete(OutboxFailure).where(OutboxFailure.event_id.in_(event_ids)))
        session.execute(delete(OutboxEvent).where(OutboxEvent.id.in_(event_ids)))
