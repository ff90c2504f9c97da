"""R12: holds are states with a reason and a beginning, told once, escalated once, lifted by cause or by a person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.outbox import emit
from ..tables import FailoverHold
from .rows import STICKY


def hold(
    session: Session, *, pool_id: UUID, account_id: UUID, reason: str, sentence: str, alert_key: str = ""
) -> FailoverHold:
    """Hold for this reason; another passing reason gives way to it. The same one again keeps its beginning."""
    now = database_now(session)
    found = {row.reason: row for row in _holds(session, pool_id)}
    for other, row in found.items():
        if other != reason and other not in STICKY:
            session.delete(row)
    known = found.get(reason)
    if known is not None:
        known.sentence = sentence
        return known
    row = FailoverHold(pool_id=pool_id, reason=reason, account_id=account_id, sentence=sentence, since=now, told_at=now)
    session.add(row)
    session.flush()
    key = alert_key or f"{pool_id}:{reason}:{now.isoformat()}"
    emit(
        session,
        "failover.held",
        account_id=account_id,
        pool_id=pool_id,
        dedupe=f"failover.held:{key}",
        payload={"reason": reason, "sentence": sentence, "since": now.isoformat()},
    )
    return row


def escalate(session: Session, *, pool_id: UUID, account_id: UUID, reason: str) -> None:
    """It lasts, and the active member is still unhealthy: people are called, once per hold."""
    row = session.get(FailoverHold, (pool_id, reason))
    if row is None or row.escalated_at is not None:
        return
    row.escalated_at = database_now(session)
    emit(
        session,
        "failover.hold_escalated",
        account_id=account_id,
        pool_id=pool_id,
        dedupe=f"failover.hold_escalated:{pool_id}:{reason}:{row.since.isoformat()}",
        payload={"reason": reason, "sentence": row.sentence, "since": row.since.isoformat()},
    )


def unhold(session: Session, *, pool_id: UUID, account_id: UUID) -> None:
    """The cause is gone. What only a person may lift stays."""
    gone = [row for row in _holds(session, pool_id) if row.reason not in STICKY]
    for row in gone:
        session.delete(row)
        payload = {"reason": row.reason, "since": row.since.isoformat()}
        emit(session, "failover.hold_ended", account_id=account_id, pool_id=pool_id, payload=payload)


def acknowledge(session: Session, *, pool_id: UUID, account_id: UUID, by: Actor, now: datetime) -> None:
    """A person has looked: every hold of the pool is lifted and the count of promotions starts anew."""
    lifted = [row.reason for row in _holds(session, pool_id)]
    for row in _holds(session, pool_id):
        session.delete(row)
    audit.record(
        session, by, "failover.acknowledged", account_id=account_id, target_type="pool", target_id=pool_id,
        details={"lifted": lifted, "at": now.isoformat()},
    )  # fmt: skip
    session.flush()


def _holds(session: Session, pool_id: UUID) -> list[FailoverHold]:
    return list(session.scalars(select(FailoverHold).where(FailoverHold.pool_id == pool_id)))
