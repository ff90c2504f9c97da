"""Running what is due: the slot is claimed by its row, and the job is ordered in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...failover.service.rows import pause_of
from ...failover.tables import FailoverSettings
from ...identity import audit
from ...identity.audit import Actor
from ...jobs import service as jobs
from ...jobs.rules import OPEN
from ...jobs.tables import Job
from ...kernel.db import database_now
from ...kernel.errors import DomainError
from ...kernel.failpoint import failpoint
from ...members.tables import Member
from ...pools.tables import Pool
from ...workflows.service import Tools
from .. import rules
from ..rules import Missed, RunState
from ..tables import Schedule, ScheduleRun
from .keeping import set_next, tell

AT_ONCE = 200


def due_ids(session: Session) -> Sequence[UUID]:
    return session.scalars(
        select(Schedule.id)
        .where(Schedule.enabled, Schedule.due_at <= database_now(session))
        .order_by(Schedule.due_at)
        .limit(AT_ONCE)
    ).all()


def run_due(session: Session, tools: Tools, schedule_id: UUID) -> ScheduleRun | None:
    """Claim the newest slot that is due and order its job, or record why not. None: somebody else was first."""
    row = session.scalar(
        select(Schedule).where(Schedule.id == schedule_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None or not row.enabled or row.next_slot is None:
        return None
    now = database_now(session)
    found = rules.plan(
        row.id, row.cron, expected=row.next_slot, now=now, jitter_sec=row.jitter_sec, missed=Missed(row.missed_policy)
    )
    if found.slot is None:
        return None
    run = _claim(session, row, found.slot, now)
    set_next(row, found.next_slot)
    if run is None:
        return None
    failpoint("schedule.claimed")
    if found.missed:
        run.state = RunState.MISSED.value
        more = ", and slots before it" if found.more_missed else ""
        run.reason = (
            f"Nobody was there at {found.slot:%Y-%m-%d %H:%M} UTC{more}; the schedule says to skip what was missed."
        )
    else:
        _order(session, tools, row, run)
    failpoint("schedule.ordered")
    _forget(session, row)
    tell(session, row, "ran", state=run.state, reason=run.reason, jobId=str(run.job_id) if run.job_id else None)
    return run


def run_by_hand(session: Session, tools: Tools, row: Schedule, actor: Actor) -> ScheduleRun:
    """Now, whatever the clock says; the next slot stays. Raises what refuses the job."""
    now = database_now(session)
    run = ScheduleRun(schedule_id=row.id, slot=now, at=now, state=RunState.ORDERED.value, by_hand=True)
    session.add(run)
    session.flush()
    run.job_id = _job(session, tools, row, run, actor).id
    audit.record(
        session, actor, "schedule.run", account_id=row.account_id, target_type="schedule", target_id=row.id,
        details={"name": row.name, "jobId": str(run.job_id)},
    )  # fmt: skip
    _forget(session, row)
    tell(session, row, "ran", state=run.state, reason="", jobId=str(run.job_id))
    return run


def _claim(session: Session, row: Schedule, slot: datetime, now: datetime) -> ScheduleRun | None:
    run = ScheduleRun(schedule_id=row.id, slot=slot, at=now, state=RunState.ORDERED.value)
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError:
        return None
    return run


def _order(session: Session, tools: Tools, row: Schedule, run: ScheduleRun) -> None:
    why_not = _paused(session, row) or _overlap(session, row, run)
    if why_not:
        run.state, run.reason = RunState.SKIPPED.value, why_not
        return
    actor = Actor("system", None, f"schedule {row.name}"[:254])
    try:
        with session.begin_nested():
            run.job_id = _job(session, tools, row, run, actor).id
    except DomainError as why:
        run.job_id, run.state, run.reason = None, RunState.FAILED.value, f"{why.code}: {why.detail}"


def _job(session: Session, tools: Tools, row: Schedule, run: ScheduleRun, actor: Actor) -> Job:
    member = session.get_one(Member, row.member_id) if row.member_id else None
    return jobs.order(
        session,
        command=tools.catalogue.get(row.command),
        params=row.params,
        actor=actor,
        pool=session.get_one(Pool, row.pool_id),
        member=member,
        facts=tools.facts_of(member.id) if member else None,
        idempotency_key=f"schedule-{row.id}-{run.slot:%Y%m%dT%H%M%S.%f}",
    ).job


def _paused(session: Session, row: Schedule) -> str | None:
    if not row.pause_in_maintenance:
        return None
    settings = session.get(FailoverSettings, row.pool_id)
    pause = pause_of(settings, database_now(session)) if settings else None
    if pause:
        return f"The pool is paused for maintenance: {pause}."
    member = session.get(Member, row.member_id) if row.member_id else None
    if member is not None and member.maintenance:
        return "The member is in maintenance."
    return None


def _overlap(session: Session, row: Schedule, run: ScheduleRun) -> str | None:
    before = select(ScheduleRun.job_id).where(
        ScheduleRun.schedule_id == row.id, ScheduleRun.id != run.id, ScheduleRun.job_id.is_not(None)
    )
    still = session.scalar(
        select(Job.id).where(Job.id.in_(before), Job.state.in_([state.value for state in OPEN])).limit(1)
    )
    return f"The previous run is still running (job {still})." if still else None


def _forget(session: Session, row: Schedule) -> None:
    """The history is bounded. What is newest stays, so that no slot can be claimed twice."""
    oldest_kept = session.scalar(
        select(ScheduleRun.slot)
        .where(ScheduleRun.schedule_id == row.id)
        .order_by(ScheduleRun.slot.desc())
        .offset(rules.RUNS_KEPT - 1)
        .limit(1)
    )
    if oldest_kept is not None:
        session.execute(delete(ScheduleRun).where(ScheduleRun.schedule_id == row.id, ScheduleRun.slot < oldest_kept))
