"""The row of figures above the list of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...jobs.tables import Job
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
    wanted = select(Schedule).where(Schedule.pool_id == pool_id)
    if member_id is not None:
        wanted = wanted.where(Schedule.member_id == member_id)
    rows = session.scalars(wanted).all()
    runs = last_runs(session, [row.id for row in rows]).values()
    return {
        "cron_count": len(rows),
        "backup_schedules": sum(row.command.startswith("backup.") for row in rows),
        "last_run": max(runs, key=lambda run: run["at"], default=None),
    }
