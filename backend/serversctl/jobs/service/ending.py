"""The one place where a job changes its state: the row, its attempt, its leases and the news, together."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.orm import Session

from ...kernel import outbox
from ..rules import ENDED, State, Verdict
from ..tables import Job, JobAttempt, JobCargo, ResourceLease


def move(session: Session, job: Job, verdict: Verdict, now: datetime) -> bool:
    """Bring a job from the state in which it was read to the verdict's; False when somebody was first.

    The attempt and the state are compared in the UPDATE itself, so a decision on old facts changes nothing.
    """
    new = verdict.state
    values: dict[str, object] = {"state": new.value, "lease_until": None, "deadline_at": None}
    if verdict.reason:
        values["error"] = verdict.reason
    if verdict.crashed:
        values["crashes"] = job.crashes + 1
    if new is State.PENDING:
        values["not_before"] = now + timedelta(seconds=verdict.retry_in_sec or 0)
        values["cancel_requested"] = False
        values["same_attempt"] = verdict.same_attempt
    if new in ENDED:
        values["ended_at"] = now
        session.execute(delete(JobCargo).where(JobCargo.job_id == job.id, JobCargo.direction == "in"))
    was, attempt = job.state, job.attempt
    changed = session.execute(
        update(Job).where(Job.id == job.id, Job.state == was, Job.attempt == attempt).values(values)
    )
    assert isinstance(changed, CursorResult)  # noqa: S101
    if changed.rowcount == 0:
        return False
    if was == State.RUNNING:
        session.execute(
            update(JobAttempt)
            .where(JobAttempt.job_id == job.id, JobAttempt.attempt == attempt)
            .values(ended_at=now, outcome=new.value)
        )
    session.execute(delete(ResourceLease).where(ResourceLease.job_id == job.id))
    session.refresh(job)
    tell(session, job)
    return True


def tell(session: Session, job: Job) -> None:
    """The news of a job's state, as `job.<state>`."""
    outbox.emit(
        session,
        f"job.{job.state}",
        account_id=job.account_id,
        pool_id=job.pool_id,
        member_id=job.member_id,
        payload={
            "jobId": str(job.id),
            "command": job.command,
            "state": job.state,
            "attempt": job.attempt,
            "error": job.error,
            "exitCode": job.exit_code,
            "runsOn": job.runs_on,
            "requestedBy": job.requested_by.get("name"),
        },
    )
