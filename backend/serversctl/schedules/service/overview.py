"""The row of figures above the list of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...backups.tables import BackupPlan
from ...jobs.tables import Job
from ...members.tables import Member
from ..tables import Schedule, ScheduleRun


def last_runs(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The newest run of each schedule; the state is the job's as long as the job is kept."""
    newest = (
        select(ScheduleRun.schedule_id, func.max(ScheduleRun.slot).label("slot"))
        .where(ScheduleRun.schedule_id.in_(ids))
        .group_by(ScheduleRun.schedule_id)
        .subquery()
    )
    rows = session.execute(
        select(ScheduleRun, Job.state)
        .join(newest, (ScheduleRun.schedule_id == newest.c.schedule_id) & (ScheduleRun.slot == newest.c.slot))
        .outerjoin(Job, Job.id == ScheduleRun.job_id)
    )
    return {
        run.schedule_id: {"at": run.at, "state": state or run.state, "job_id": run.job_id, "reason": run.reason}
        for run, state in rows
    }


def cron_overview(session: Session, *, pool_id: UUID, member_id: UUID | None = None) -> dict[str, Any]:
    """Backup plans count as schedules of backups: they are kept under Backups, and run by the clock all the same."""
    wanted = select(Schedule).where(Schedule.pool_id == pool_id)
    if member_id is not None:
        wanted = wanted.where(Schedule.member_id == member_id)
    plans = (
        select(func.count())
        .select_from(BackupPlan)
        .join(Member, Member.id == BackupPlan.member_id)
        .where(Member.pool_id == pool_id, BackupPlan.enabled)
    )
    if member_id is not None:
        plans = plans.where(Member.id == member_id)
    rows = session.scalars(wanted).all()
    runs = last_runs(session, [row.id for row in rows]).values()
    return {
        "cron_count": len(rows),
        "backup_schedules": sum(row.command.startswith("backup.") for row in rows) + (session.scalar(plans) or 0),
        "last_run": max(runs, key=lambda run: run["at"], default=None),
    }
