"""What time does to jobs: leases that ran out, limits that passed, orders nobody fetched, history that is old."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ..rules import ENDED, Danger, State, Verdict, after_deadline, after_silence
from ..tables import Job
from .ending import move
from .standing import standing_of

BATCH = 200
# An agent that could not reach us for a while reports again within its back-off cap: not at once `unknown`.
LEASE_GRACE_SEC = 15
# A dangerous order must not surprise a host that comes back days later.
PICK_UP_SEC = {Danger.READ: 24 * 3600, Danger.CHANGE: 24 * 3600, Danger.DANGEROUS: 900}
KEPT_PER_MEMBER, KEPT_DAYS = 500, 90


def sweep(session: Session, jitter: random.Random | None = None) -> int:
    """Settle what is overdue; returns how many jobs changed."""
    now = database_now(session)
    chance = jitter or random.Random()  # noqa: S311
    changed = 0
    for job in _overdue(session, now):
        if job.lease_until is not None and job.lease_until < now - timedelta(seconds=LEASE_GRACE_SEC):
            verdict = after_silence(standing_of(job))
        else:
            verdict = after_deadline(standing_of(job), job.timeout_sec)
        if verdict.retry_in_sec:
            verdict = replace(verdict, retry_in_sec=round(verdict.retry_in_sec * chance.uniform(1.0, 1.5)))
        changed += move(session, job, verdict, now)
    for job in _never_fetched(session, now):
        hours = PICK_UP_SEC[Danger(job.danger)] / 3600
        reason = (
            f"No agent fetched it within {hours:g} h, and it is not run late. Order it again when the member is back."
        )
        changed += move(session, job, Verdict(State.TIMED_OUT, reason), now)
    return changed


def _overdue(session: Session, now: datetime) -> Sequence[Job]:
    silent = Job.lease_until < now - timedelta(seconds=LEASE_GRACE_SEC)
    return session.scalars(
        select(Job)
        .where(Job.state == State.RUNNING, or_(silent, Job.deadline_at < now))
        .order_by(Job.lease_until)
        .limit(BATCH)
    ).all()


def _never_fetched(session: Session, now: datetime) -> Sequence[Job]:
    too_old = [
        and_(Job.danger == danger, func.coalesce(Job.not_before, Job.created_at) < now - timedelta(seconds=seconds))
        for danger, seconds in PICK_UP_SEC.items()
    ]
    return session.scalars(select(Job).where(Job.state == State.PENDING, or_(*too_old)).limit(BATCH)).all()


def forget_old(session: Session) -> int:
    """Delete ended jobs beyond the bound: the newest 500 of each member, and nothing older than 90 days."""
    now = database_now(session)
    ended = [state.value for state in ENDED]
    old = session.scalars(
        select(Job.id).where(Job.state.in_(ended), Job.ended_at < now - timedelta(days=KEPT_DAYS)).limit(BATCH)
    ).all()
    doomed: list[UUID] = list(old)
    crowded = session.execute(
        select(Job.pool_id, Job.member_id)
        .where(Job.state.in_(ended))
        .group_by(Job.pool_id, Job.member_id)
        .having(func.count() > KEPT_PER_MEMBER)
        .limit(20)
    ).all()
    for pool_id, member_id in crowded:
        doomed += session.scalars(
            select(Job.id)
            .where(Job.pool_id == pool_id, Job.member_id.is_not_distinct_from(member_id), Job.state.in_(ended))
            .order_by(Job.created_at.desc())
            .offset(KEPT_PER_MEMBER)
            .limit(BATCH)
        ).all()
    if not doomed:
        return 0
    gone = session.execute(delete(Job).where(Job.id.in_(doomed)))
    assert isinstance(gone, CursorResult)  # noqa: S101
    return gone.rowcount
