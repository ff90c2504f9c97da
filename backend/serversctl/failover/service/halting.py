"""Automation off for the whole installation, until a person lets it go on."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ..tables import FailoverHalt, FailoverIntent


def halt(session: Session, reason: str, *, by: Actor) -> None:
    """Nothing is promoted and no record is restored by itself. Open intents of the past are given up."""
    now = database_now(session)
    row = session.get(FailoverHalt, 1)
    if row is None:
        session.add(FailoverHalt(id=1, reason=reason, since=now))
    else:
        row.reason, row.since = reason, now
    session.execute(
        update(FailoverIntent).where(FailoverIntent.state == "open").values(state="superseded", done_at=now)
    )
    _audit(session, by, "failover.halted", reason)


def resume(session: Session, *, by: Actor) -> bool:
    """Let automation go on. False when it was not halted."""
    row = session.get(FailoverHalt, 1)
    if row is None:
        return False
    session.delete(row)
    _audit(session, by, "failover.resumed", row.reason)
    return True


def _audit(session: Session, by: Actor, action: str, reason: str) -> None:
    audit.record(
        session, by, action, account_id=None, target_type="installation", target_id=None, details={"reason": reason}
    )
