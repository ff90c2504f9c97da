"""Intents: what the record should hold. Opened in the epoch that they belong to, closed when the record follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.ids import new_id
from ...kernel.outbox import emit
from ...pools.tables import Pool
from ..ports import Converged, Intent, LeaseHeld
from ..rules.view import Addresses
from ..tables import FailoverEvent, FailoverIntent
from .leases import lease_is_held
from .promoting import entry

CAUSES = {
    "restore": ("failover.record_restored", "The record was changed by somebody else and is put back."),
    "address": ("failover.address_changed", "The active member's address changed; the record follows."),
    "settings": ("failover.record_changed", "The settings changed; the record follows."),
}


def as_intent(row: FailoverIntent, now: datetime) -> Intent:
    return Intent(
        intent_id=row.id,
        pool_id=row.pool_id,
        account_id=row.account_id,
        event_id=row.event_id,
        epoch=row.epoch,
        cause=row.cause,
        addresses={kind: tuple(found) for kind, found in row.addresses.items()},
        attempts=row.attempts,
        age_sec=(now - row.created_at).total_seconds(),
        wait_sec=max(0.0, (row.next_try_at - now).total_seconds()),
        slow_told=row.slow_told_at is not None,
    )


def open_intents(session: Session) -> list[Intent]:
    now = database_now(session)
    rows = session.scalars(select(FailoverIntent).where(FailoverIntent.state == "open"))
    return [as_intent(row, now) for row in rows]


def desired(session: Session) -> dict[UUID, Intent]:
    """The newest intent of each pool's present epoch."""
    now = database_now(session)
    newest = (
        select(FailoverIntent.pool_id, func.max(FailoverIntent.created_at).label("at"))
        .join(Pool, (Pool.id == FailoverIntent.pool_id) & (Pool.epoch == FailoverIntent.epoch))
        .where(FailoverIntent.state != "superseded")
        .group_by(FailoverIntent.pool_id)
        .subquery()
    )
    rows = session.scalars(
        select(FailoverIntent).join(
            newest, (newest.c.pool_id == FailoverIntent.pool_id) & (newest.c.at == FailoverIntent.created_at)
        )
    )
    return {row.pool_id: as_intent(row, now) for row in rows}


def publish(
    session: Session,
    *,
    pool_id: UUID,
    account_id: UUID,
    epoch: int,
    cause: str,
    addresses: Addresses,
    details: Mapping[str, Any],
    lease: LeaseHeld | None,
) -> FailoverIntent | None:
    """Open an intent in this epoch, or None: the pool moved on, an intent is open, or the lease is lost."""
    now = database_now(session)
    if not any(addresses.values()):
        return None
    if lease is not None and not lease_is_held(session, lease, now):
        return None
    # Touching the pool's row makes this wait for a promotion that is under way, and the promotion for this.
    same_epoch = session.execute(
        update(Pool).where(Pool.id == pool_id, Pool.epoch == epoch).values(epoch=epoch)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if same_epoch.rowcount != 1:  # type: ignore[attr-defined]
        return None
    row = FailoverIntent(
        id=new_id(),
        account_id=account_id,
        pool_id=pool_id,
        event_id=_event_of(session, pool_id, epoch),
        epoch=epoch,
        cause=cause,
        addresses={kind: list(found) for kind, found in addresses.items()},
        state="open",
        lease_epoch=lease.epoch if lease else None,
        next_try_at=now,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    kind, text = CAUSES[cause]
    if row.event_id is not None:
        session.add(entry(row.event_id, now, cause, text, details))
    emit(session, kind, account_id=account_id, pool_id=pool_id, payload={"text": text, **details})
    return row


def may_write(session: Session, intent: Intent, lease: LeaseHeld) -> bool:
    now = database_now(session)
    query = (
        select(FailoverIntent.id)
        .join(Pool, (Pool.id == FailoverIntent.pool_id) & (Pool.epoch == FailoverIntent.epoch))
        .where(FailoverIntent.id == intent.intent_id, FailoverIntent.state == "open")
    )
    return session.scalar(query) is not None and lease_is_held(session, lease, now)


def tried(session: Session, intent: Intent, result: Converged, retry_sec: float) -> None:
    """One attempt, in the timeline of its event. Done closes the intent; a superseded one stays as it is."""
    now = database_now(session)
    row = session.get(FailoverIntent, intent.intent_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != "open":
        return
    changed = row.outcome != result.outcome or row.detail != result.detail
    row.attempts += 1
    row.outcome, row.detail = result.outcome, result.detail
    row.observed = {kind: list(found) for kind, found in result.observed.items()}
    row.next_try_at = now + timedelta(seconds=retry_sec)
    event = session.get(FailoverEvent, row.event_id) if row.event_id else None
    if event is not None and (changed or result.writes or result.done):
        session.add(entry(event.id, now, "dns", _sentence(result), _details(result)))
    if result.done:
        _close(session, row, event, now)
    elif changed and result.outcome in {"conflict", "unauthorized", "refused"}:
        _alert(session, row, "failover.record_blocked", f"blocked:{row.id}:{result.outcome}", result.detail)


def slow(session: Session, intent: Intent, detail: str) -> None:
    row = session.get(FailoverIntent, intent.intent_id)
    if row is None or row.state != "open" or row.slow_told_at is not None:
        return
    row.slow_told_at = database_now(session)
    _alert(session, row, "failover.record_slow", f"slow:{row.id}", row.detail or detail)


def restores_last_hour(session: Session, pool_id: UUID, acknowledged_at: datetime | None) -> int:
    since = database_now(session) - timedelta(hours=1)
    if acknowledged_at is not None:
        since = max(since, acknowledged_at)
    query = select(func.count()).where(
        FailoverIntent.pool_id == pool_id, FailoverIntent.cause == "restore", FailoverIntent.created_at > since
    )
    return session.scalar(query) or 0


def _close(session: Session, row: FailoverIntent, event: FailoverEvent | None, now: datetime) -> None:
    row.state, row.done_at = "done", now
    if event is None or event.state != "switching" or row.cause != "promotion":
        return
    event.state, event.finished_at = "done", now
    session.add(entry(event.id, now, "done", f"The record points at {event.to_name}."))
    emit(
        session,
        "failover.completed",
        account_id=event.account_id,
        pool_id=event.pool_id,
        member_id=event.to_member_id,
        dedupe=f"failover.completed:{event.id}",
        payload={"eventId": str(event.id), "tookSec": round((now - event.created_at).total_seconds(), 1)},
    )


def _event_of(session: Session, pool_id: UUID, epoch: int) -> UUID | None:
    return session.scalar(
        select(FailoverEvent.id).where(FailoverEvent.pool_id == pool_id, FailoverEvent.epoch == epoch)
    )


def _alert(session: Session, row: FailoverIntent, kind: str, dedupe: str, detail: str) -> None:
    wanted = ", ".join(f"{kind} {text}" for kind, found in row.addresses.items() for text in found)
    emit(
        session,
        kind,
        account_id=row.account_id,
        pool_id=row.pool_id,
        dedupe=f"failover.{dedupe}",
        payload={
            "detail": detail,
            "manualStep": f"Set the record to {wanted} at the provider.",
            "outcome": row.outcome,
        },
    )


def _sentence(result: Converged) -> str:
    if result.done:
        return "The record was written and read back." if result.writes else "The record already holds this."
    return result.detail or f"The record could not be written: {result.outcome}."


def _details(result: Converged) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "observed": {kind: list(found) for kind, found in result.observed.items()},
        "writes": [dict(write) for write in result.writes],
    }
