"""The stop switch: one row per account, and nothing is ordered or started while it is there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ..tables import JobStop


def stop_of(session: Session, account_id: UUID) -> JobStop | None:
    return session.get(JobStop, account_id)


def refuse_when_stopped(session: Session, account_id: UUID) -> None:
    stop = stop_of(session, account_id)
    if stop is not None:
        raise Conflict(
            "jobs_stopped", f"Jobs are stopped in this account ({stop.reason}): lift the stop at /api/jobs/stop first."
        )


def stop_work(session: Session, account_id: UUID, actor: Actor, reason: str) -> JobStop:
    """Stop ordering and starting. Jobs that already run go on: cancel those that should not."""
    stop = stop_of(session, account_id)
    if stop is None:
        stop = JobStop(account_id=account_id, reason=reason, stopped_by=actor.name, since=database_now(session))
        session.add(stop)
        audit.record(
            session, actor, "job.stop", account_id=account_id, target_type="account", target_id=account_id,
            details={"reason": reason},
        )  # fmt: skip
        session.flush()
    return stop


def lift_stop(session: Session, account_id: UUID, actor: Actor) -> None:
    stop = stop_of(session, account_id)
    if stop is not None:
        session.delete(stop)
        audit.record(
            session, actor, "job.stop_lifted", account_id=account_id, target_type="account", target_id=account_id
        )
        session.flush()
