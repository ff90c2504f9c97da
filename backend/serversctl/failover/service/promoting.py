"""The promotion transaction (R8): compare-and-set, intent, event, audit row and alert, all or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ...kernel.failpoint import failpoint
from ...kernel.ids import new_id
from ...kernel.outbox import emit
from ...members.service import touch_directory
from ...members.tables import Member
from ...pools.tables import Pool
from ..ports import LeaseHeld, Promotion
from ..rules.limits import COOLDOWN_SEC, FLEET_GAP_SEC, FLEET_MIN, FLEET_SHARE, PER_HOUR
from ..tables import FailoverEvent, FailoverEventEntry, FailoverHold, FailoverIntent, FailoverSettings
from .leases import lease_is_held
from .rows import AUTOMATIC, STICKY, fleet_of, pause_of


def promote(session: Session, order: Promotion, *, by: Actor, lease: LeaseHeld | None) -> FailoverEvent:
    """Move the pool from what the decider saw to `order.to`.

    Raises Conflict `failover_lost_race` when somebody else was first (its `extra` carries the present state), and
    `failover_not_now` when a rule forbids an automatic one. `lease` is needed for automatic orders only.
    """
    now = database_now(session)
    if not any(order.addresses.values()):
        raise Conflict("failover_no_address", "The member has no address that may be published.")
    if lease is not None and not lease_is_held(session, lease, now):
        raise Conflict("failover_lease_lost", "Another monitor decides now.")
    failpoint("failover.before_cas")
    from_id = order.expected_active
    moved = session.execute(
        update(Pool)
        .where(
            Pool.id == order.pool_id,
            Pool.account_id == order.account_id,
            Pool.epoch == order.expected_epoch,
            Pool.active_member_id.is_not_distinct_from(from_id),
        )
        .values(active_member_id=order.to, active_since=now, epoch=Pool.epoch + 1)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise _lost(session, order)
    failpoint("failover.after_cas")
    members = {m.id: m for m in session.scalars(select(Member).where(Member.pool_id == order.pool_id))}
    to = members.get(order.to)
    if to is None:
        raise Conflict("failover_target_gone", "The member was removed from the pool in the meantime.")
    if order.kind != "manual":
        _still_allowed(session, order, to, now)
    before = _last_addresses(session, order.pool_id)
    _supersede(session, order.pool_id, now)
    event = FailoverEvent(
        id=new_id(),
        account_id=order.account_id,
        pool_id=order.pool_id,
        epoch=order.expected_epoch + 1,
        kind=order.kind,
        from_member_id=from_id,
        from_name=name_of(members.get(from_id)) if from_id else None,
        from_addresses=before,
        to_member_id=to.id,
        to_name=name_of(to),
        to_addresses={kind: list(found) for kind, found in order.addresses.items()},
        state="switching",
        reason=order.reason,
        sentences=list(order.sentences),
        evidence=dict(order.evidence),
        ordered_by=by.name,
        created_at=now,
    )
    session.add(event)
    session.flush()
    session.add(entry(event.id, now, "decided", " ".join(order.sentences), order.evidence.get("weather", {})))
    session.add(
        FailoverIntent(
            id=new_id(),
            account_id=order.account_id,
            pool_id=order.pool_id,
            event_id=event.id,
            epoch=event.epoch,
            cause="promotion",
            addresses=event.to_addresses,
            state="open",
            lease_epoch=lease.epoch if lease else None,
            next_try_at=now,
            created_at=now,
        )
    )
    _clear_holds(session, order.pool_id)
    touch_directory(session)  # intake paces the active member apart from its standbys
    _announce(session, event, by)
    session.flush()
    failpoint("failover.before_commit")
    return event


def entry(event_id: UUID, at: datetime, kind: str, text: str, details: object = None) -> FailoverEventEntry:
    """A line of an event's timeline."""
    return FailoverEventEntry(
        id=new_id(), event_id=event_id, at=at, kind=kind, text=text, details=dict(details) if details else {}  # type: ignore[call-overload]
    )  # fmt: skip


def name_of(member: Member | None) -> str:
    return (member.display_name or member.hostname) if member is not None else "a removed member"


def _lost(session: Session, order: Promotion) -> Conflict:
    pool = session.execute(
        select(Pool.active_member_id, Pool.epoch, Pool.active_since).where(
            Pool.id == order.pool_id, Pool.account_id == order.account_id
        )
    ).one_or_none()
    if pool is None:
        return Conflict("failover_lost_race", "The pool was removed in the meantime.")
    active, epoch, since = pool
    return Conflict(
        "failover_lost_race",
        "Somebody else moved this pool first. Look at its present state and order again if that is still wanted.",
        extra={
            "activeMemberId": str(active) if active else None,
            "epoch": epoch,
            "activeSince": since.isoformat() if since else None,
        },
    )


def _still_allowed(session: Session, order: Promotion, to: Member, now: datetime) -> None:
    """What the decider saw in its picture, once more under the row lock."""
    settings = session.get(FailoverSettings, order.pool_id, populate_existing=True)
    if settings is None or not settings.auto:
        raise _not_now("Automatic failover was switched off.")
    if (why := pause_of(settings, now)) is not None:
        raise _not_now(f"Paused for maintenance: {why}")
    if to.maintenance or to.never_promote:
        raise _not_now("The candidate may not take over any more.")
    rows = session.scalars(
        select(FailoverEvent.created_at).where(
            FailoverEvent.pool_id == order.pool_id,
            FailoverEvent.kind.in_(AUTOMATIC),
            FailoverEvent.created_at > now - timedelta(hours=1),
        )
    ).all()
    if rows and now - max(rows) < timedelta(seconds=COOLDOWN_SEC):
        raise _not_now("The last automatic promotion is less than a minute ago.")
    since = settings.acknowledged_at
    if sum(1 for at in rows if since is None or at > since) >= PER_HOUR:
        raise _not_now(f"{PER_HOUR} automatic promotions within an hour.")
    if order.kind == "automatic":
        count, last = fleet_of(session, now)
        pools = session.scalar(select(func.count()).select_from(Pool)) or 0
        if count >= max(FLEET_MIN, int(pools * FLEET_SHARE)):
            raise _not_now("Too many pools were switched in the last 10 minutes.")
        if last is not None and now - last < timedelta(seconds=FLEET_GAP_SEC):
            raise _not_now("Another pool was switched this second.")


def _not_now(why: str) -> Conflict:
    return Conflict("failover_not_now", why)


def _last_addresses(session: Session, pool_id: UUID) -> dict[str, list[str]]:
    query = select(FailoverIntent.addresses).where(FailoverIntent.pool_id == pool_id)
    return session.scalar(query.order_by(FailoverIntent.created_at.desc()).limit(1)) or {}


def _supersede(session: Session, pool_id: UUID, now: datetime) -> None:
    opened = session.scalars(
        select(FailoverIntent).where(FailoverIntent.pool_id == pool_id, FailoverIntent.state == "open")
    ).all()
    for intent in opened:
        intent.state, intent.done_at = "superseded", now
        event = session.get(FailoverEvent, intent.event_id) if intent.event_id else None
        if event is not None and event.state == "switching":
            event.state, event.finished_at = "superseded", now
            session.add(entry(event.id, now, "superseded", "The pool was moved again before the record had followed."))
    session.flush()


def _clear_holds(session: Session, pool_id: UUID) -> None:
    for hold in session.scalars(select(FailoverHold).where(FailoverHold.pool_id == pool_id)):
        if hold.reason not in STICKY:
            session.delete(hold)


def _announce(session: Session, event: FailoverEvent, by: Actor) -> None:
    """One audit row and one alert id per promotion (I9)."""
    details = {
        "eventId": str(event.id),
        "epoch": event.epoch,
        "kind": event.kind,
        "reason": event.reason,
        "fromMemberId": str(event.from_member_id) if event.from_member_id else None,
        "toMemberId": str(event.to_member_id),
        "addresses": event.to_addresses,
    }
    audit.record(
        session, by, "failover.promoted", account_id=event.account_id, target_type="pool", target_id=event.pool_id,
        details=details,
    )  # fmt: skip
    emit(
        session,
        "failover.promoted",
        account_id=event.account_id,
        pool_id=event.pool_id,
        member_id=event.to_member_id,
        dedupe=f"failover.promoted:{event.pool_id}:{event.epoch}",
        payload={**details, "fromName": event.from_name, "toName": event.to_name, "sentences": event.sentences},
    )
