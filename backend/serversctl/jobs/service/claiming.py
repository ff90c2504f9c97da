"""Claim: one agent, and nobody else, may run a job now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, case, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ..catalogue import AGENT
from ..rules import State
from ..tables import Job, JobAttempt, ResourceLease
from .ending import tell
from .look import job_of_member
from .stopping import stop_of

LEASE_SEC = 30
# The agent enforces the command's limit itself and needs TERM, 10 s, KILL and a round trip to say so.
DEADLINE_GRACE_SEC = 60


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this caller, and nobody else, may run now."""

    job: Job
    expires_at: datetime
    lease_sec: int = LEASE_SEC


def claim(session: Session, job_id: UUID, member_id: UUID | None, *, runs_on: str = AGENT) -> Claimed:
    """Take a pending job, once. Conflict when it is no longer to be run, or not now."""
    job = job_of_member(session, job_id, member_id)
    if job.runs_on != runs_on:
        raise Conflict("job_not_claimable", f"This job runs on the {job.runs_on.replace('_', ' ')}.")
    # Our own commands report no progress: their lease lasts as long as they may run.
    lease_sec = LEASE_SEC if runs_on == AGENT else job.timeout_sec + DEADLINE_GRACE_SEC
    if stop_of(session, job.account_id) is not None:
        raise Conflict("jobs_stopped", "Jobs are stopped in this account.", permanent=False)
    now = database_now(session)
    taken = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == State.PENDING, or_(Job.not_before.is_(None), Job.not_before <= now))
        .values(
            state=State.RUNNING.value,
            attempt=case((Job.same_attempt, Job.attempt), else_=Job.attempt + 1),
            deliveries=case((Job.same_attempt, Job.deliveries + 1), else_=1),
            heard=runs_on != AGENT,
            same_attempt=False,
            lease_until=now + timedelta(seconds=lease_sec),
            deadline_at=now + timedelta(seconds=job.timeout_sec + DEADLINE_GRACE_SEC),
            started_at=func.coalesce(Job.started_at, now),
            not_before=None,
            error=None,
            percent=None,
            step=None,
        )
    )
    assert isinstance(taken, CursorResult)  # noqa: S101
    if taken.rowcount == 0:
        raise Conflict("job_not_claimable", f"The job is {job.state}: do not run it.", extra={"state": job.state})
    session.refresh(job)
    take_resource(session, job)
    if job.deliveries == 1:
        session.add(JobAttempt(job_id=job.id, attempt=job.attempt, started_at=now))
        session.flush()
    tell(session, job)
    return Claimed(job, expires_at=now + timedelta(seconds=LEASE_SEC))


def take_resource(session: Session, job: Job) -> None:
    """Give a running job its resource on the member. Conflict when another job has it: roll back."""
    if job.resource is None or job.member_id is None:
        return
    lease = {"member_id": job.member_id, "resource": job.resource, "job_id": job.id, "attempt": job.attempt}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # RETURNING tells on both databases whether a row came of it; the driver's row count does not.
    taken = session.execute(
        insert(ResourceLease)
        .values(lease)
        .on_conflict_do_update(
            index_elements=[ResourceLease.member_id, ResourceLease.resource],
            set_={"attempt": job.attempt},
            where=ResourceLease.job_id == job.id,
        )
        .returning(ResourceLease.job_id)
    ).first()
    if taken is None:
        raise Conflict(
            "resource_busy", f"Another job on this member uses {job.resource}: it is offered again.", permanent=False
        )
