"""Reading jobs: for people, for the heartbeat answer, and for the flags that spare it the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from ...kernel.db import database_now
from ...kernel.errors import NotFound
from ...kernel.paging import Page, decode, encode
from ..catalogue import AGENT, HERE
from ..rules import State
from ..tables import Job, JobAttempt, JobEvidence, JobLog, JobStop, ResourceLease

OFFERED_AT_ONCE = 10
# A job that the server timed out is named in cancelJobs this long, in case its agent still works on it.
STOP_TELLING_SEC = 600


def _offerable(now: datetime) -> ColumnElement[bool]:
    """Pending, due, not stopped, and nothing on the member holds what it needs."""
    holder = aliased(ResourceLease)
    return and_(
        Job.state == State.PENDING,
        Job.runs_on == AGENT,
        or_(Job.not_before.is_(None), Job.not_before <= now),
        ~exists().where(holder.member_id == Job.member_id, holder.resource == Job.resource),
        ~exists().where(JobStop.account_id == Job.account_id),
    )


def _to_cancel(now: datetime) -> ColumnElement[bool]:
    recently = now - timedelta(seconds=STOP_TELLING_SEC)
    return or_(
        and_(Job.state == State.RUNNING, Job.cancel_requested),
        and_(Job.state == State.TIMED_OUT, Job.ended_at > recently),
    )


def waiting(session: Session, member_id: UUID) -> tuple[list[dict[str, str]], list[str]]:
    """What the heartbeat answer tells a member: `jobs` to claim, oldest first, and `cancelJobs`."""
    now = database_now(session)
    jobs = session.execute(
        select(Job.id, Job.command)
        .where(Job.member_id == member_id, _offerable(now))
        .order_by(Job.created_at, Job.id)
        .limit(OFFERED_AT_ONCE)
    ).all()
    cancelled = session.scalars(select(Job.id).where(Job.member_id == member_id, _to_cancel(now)).limit(100)).all()
    return [{"id": str(row.id), "command": row.command} for row in jobs], [str(job_id) for job_id in cancelled]


def members_with_work(session: Session) -> Sequence[UUID]:
    """Members whose heartbeat answer must name a job."""
    now = database_now(session)
    found = session.scalars(select(Job.member_id).where(_offerable(now), Job.member_id.is_not(None)).distinct())
    return [member_id for member_id in found if member_id is not None]


def members_to_cancel(session: Session) -> Sequence[UUID]:
    now = database_now(session)
    found = session.scalars(select(Job.member_id).where(_to_cancel(now), Job.member_id.is_not(None)).distinct())
    return [member_id for member_id in found if member_id is not None]


def jobs_to_run_here(session: Session) -> Sequence[Job]:
    """Pending commands of the control plane itself, oldest first."""
    now = database_now(session)
    return session.scalars(
        select(Job)
        .where(Job.state == State.PENDING, Job.runs_on == HERE, or_(Job.not_before.is_(None), Job.not_before <= now))
        .order_by(Job.created_at)
        .limit(100)
    ).all()


def running_jobs(session: Session, member_ids: Sequence[UUID]) -> dict[UUID, list[Job]]:
    """Running jobs by member: failover asks whether one of them stops HAProxy."""
    found: dict[UUID, list[Job]] = {}
    for job in session.scalars(select(Job).where(Job.member_id.in_(member_ids), Job.state == State.RUNNING)):
        if job.member_id is not None:
            found.setdefault(job.member_id, []).append(job)
    return found


def get_job(session: Session, job_id: UUID) -> Job | None:
    """A job as it is in the database now, not as this session remembers it."""
    return session.scalar(select(Job).where(Job.id == job_id).execution_options(populate_existing=True))


def job_of_member(session: Session, job_id: UUID, member_id: UUID | None) -> Job:
    """For the agent API: another member's job does not exist."""
    job = get_job(session, job_id)
    if job is None or job.member_id != member_id:
        raise NotFound("job_not_found", "There is no such job for this member.")
    return job


def job_of_account(session: Session, account_id: UUID, job_id: UUID) -> Job:
    job = session.scalar(select(Job).where(Job.id == job_id, Job.account_id == account_id))
    if job is None:
        raise NotFound("job_not_found", "There is no such job.")
    return job


def jobs_page(
    session: Session,
    account_id: UUID,
    *,
    limit: int,
    cursor: str | None,
    member_id: UUID | None = None,
    pool_id: UUID | None = None,
    state: str | None = None,
    command: str | None = None,
) -> Page[Job]:
    """Newest first."""
    wanted = select(Job).where(Job.account_id == account_id)
    filters: dict[Any, Any] = {Job.member_id: member_id, Job.pool_id: pool_id, Job.state: state, Job.command: command}
    for column, value in filters.items():
        if value is not None:
            wanted = wanted.where(column == value)
    after = decode(cursor, 2)
    if after:
        at, last = _cursor_key(after)
        wanted = wanted.where(or_(Job.created_at < at, and_(Job.created_at == at, Job.id < last)))
    rows = session.scalars(wanted.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode(more.created_at.isoformat(), str(more.id)) if more else None)


def _cursor_key(key: list[Any]) -> tuple[datetime, UUID]:
    try:
        at = datetime.fromisoformat(str(key[0]))
        if at.tzinfo is None:
            raise ValueError(at)
        return at, UUID(str(key[1]))
    except ValueError:
        decode("broken", 2)
        raise


def attempts_of(session: Session, job_id: UUID) -> Sequence[JobAttempt]:
    return session.scalars(
        select(JobAttempt).where(JobAttempt.job_id == job_id).order_by(JobAttempt.attempt.desc()).limit(20)
    ).all()


def evidence_of(session: Session, job_id: UUID) -> Sequence[JobEvidence]:
    return session.scalars(select(JobEvidence).where(JobEvidence.job_id == job_id).order_by(JobEvidence.at)).all()


def log_of(session: Session, job_id: UUID) -> str:
    return session.scalar(select(JobLog.text).where(JobLog.job_id == job_id)) or ""
