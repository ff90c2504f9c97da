"""Progress: the agent says that it still works, and hears whether to stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, func, update
from sqlalchemy.orm import Session

from ...kernel import outbox
from ...kernel.db import database_now
from ..logs import append_tail, head_and_tail, plain
from ..rules import State, may_readopt
from ..tables import Job, JobAttempt, JobLog
from .claiming import DEADLINE_GRACE_SEC, LEASE_SEC, take_resource
from .ending import tell
from .look import job_of_member
from .standing import standing_of


@dataclass(frozen=True, slots=True)
class Progress:
    """What the agent tells in between."""

    percent: float | None = None
    step: str | None = None
    log_tail: str | None = field(default=None, repr=False)


def progress(session: Session, job_id: UUID, member_id: UUID | None, attempt: int | None, told: Progress) -> bool:
    """Extend the lease; True tells the agent to stop the job.

    A lease that ran out while the control plane was away is taken up again: the agent proves that it still runs.
    """
    job = job_of_member(session, job_id, member_id)
    attempt = job.attempt if attempt is None else attempt
    standing = standing_of(job)
    now = database_now(session)
    if may_readopt(standing, attempt) and attempt > 0:
        return _readopt(session, job, now, told)
    if standing.state is not State.RUNNING or attempt != job.attempt:
        return True
    session.execute(
        update(Job)
        .where(Job.id == job.id, Job.state == State.RUNNING, Job.attempt == attempt)
        .values(lease_until=now + timedelta(seconds=LEASE_SEC), heard=True)
    )
    _note(session, job, told)
    return job.cancel_requested


def _readopt(session: Session, job: Job, now: datetime, told: Progress) -> bool:
    told_before = session.get(JobAttempt, (job.id, job.attempt))
    if told_before is not None and told_before.report_digest is not None:
        return True  # it ended by its own account; whoever still sends progress is an echo
    taken = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.state == job.state, Job.attempt == job.attempt)
        .values(
            state=State.RUNNING.value,
            lease_until=now + timedelta(seconds=LEASE_SEC),
            deadline_at=func.coalesce(Job.deadline_at, now + timedelta(seconds=job.timeout_sec + DEADLINE_GRACE_SEC)),
            not_before=None,
            error=None,
            heard=True,
            same_attempt=False,
        )
    )
    assert isinstance(taken, CursorResult)  # noqa: S101
    if taken.rowcount == 0:
        return False
    session.refresh(job)
    take_resource(session, job)
    _note(session, job, told)
    tell(session, job)
    return job.cancel_requested


def _note(session: Session, job: Job, told: Progress) -> None:
    moved = False
    if told.percent is not None:
        moved = job.percent is None or abs(told.percent - job.percent) >= 5
        job.percent = told.percent
    if told.step is not None:
        step = plain(told.step)[:200]
        moved = moved or step != job.step
        job.step = step
    if told.log_tail:
        keep_log(session, job, plain(told.log_tail), whole=False)
    session.flush()
    if moved:
        _tell_progress(session, job)


def _tell_progress(session: Session, job: Job) -> None:
    """News for the screen only when something is worth a repaint."""
    outbox.emit(
        session, "job.progressed", account_id=job.account_id, pool_id=job.pool_id, member_id=job.member_id,
        payload={"jobId": str(job.id), "command": job.command, "percent": job.percent, "step": job.step},
    )  # fmt: skip


def keep_log(session: Session, job: Job, text: str, *, whole: bool) -> None:
    """Store output that is plain already: the whole of it, or the newest tail."""
    row = session.get(JobLog, job.id)
    shown = text if whole or row is None else append_tail(row.text, text)
    kept = head_and_tail(shown)
    if row is None:
        session.add(JobLog(job_id=job.id, text=kept))
    else:
        row.text = kept
    job.log_size_bytes = max(job.log_size_bytes, len(shown.encode()))
