"""Reading snapshots: lists, the calendar, what a member's tab shows first, and which one wants a proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from ...jobs.tables import Job
from ...kernel.db import database_now
from ...kernel.paging import Page, decode, encode
from ..tables import BackupPlan, Snapshot
from .using import USABLE

CALENDAR_DAYS = 120
PROVE_EVERY = timedelta(days=7)


def page(
    session: Session,
    account_id: UUID,
    *,
    limit: int,
    cursor: str | None,
    member_id: UUID | None = None,
    pool_id: UUID | None = None,
    kind: str | None = None,
    state: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[Snapshot]:
    """Newest first."""
    wanted = select(Snapshot).where(Snapshot.account_id == account_id)
    exact: dict[Any, Any] = {
        Snapshot.member_id: member_id, Snapshot.pool_id: pool_id, Snapshot.kind: kind, Snapshot.state: state,
    }  # fmt: skip
    for column, value in exact.items():
        if value is not None:
            wanted = wanted.where(column == value)
    if since is not None:
        wanted = wanted.where(Snapshot.created_at >= since)
    if until is not None:
        wanted = wanted.where(Snapshot.created_at < until)
    after = decode(cursor, 2)
    if after:
        at, last = _key(after)
        wanted = wanted.where(or_(Snapshot.created_at < at, and_(Snapshot.created_at == at, Snapshot.id < last)))
    rows = session.scalars(wanted.order_by(Snapshot.created_at.desc(), Snapshot.id.desc()).limit(limit + 1)).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode(more.created_at.isoformat(), str(more.id)) if more else None)


def _key(key: list[Any]) -> tuple[datetime, UUID]:
    try:
        at = datetime.fromisoformat(str(key[0]))
        if at.tzinfo is None:
            raise ValueError(at)
        return at, UUID(str(key[1]))
    except ValueError:
        decode("broken", 2)
        raise


def calendar(session: Session, member_id: UUID) -> list[dict[str, Any]]:
    """Per UTC day of the last 120: how many backups, how many failed, what they stored."""
    since = database_now(session) - timedelta(days=CALENDAR_DAYS)
    rows = session.execute(
        select(Snapshot.created_at, Snapshot.state, Snapshot.state_before, Snapshot.new_bytes).where(
            Snapshot.member_id == member_id, Snapshot.created_at >= since
        )
    )
    days: dict[str, dict[str, Any]] = {}
    for row in rows:
        day = row.created_at.date().isoformat()
        found = days.setdefault(day, {"date": day, "count": 0, "failed": 0, "bytes": 0})
        found["count"] += 1
        found["failed"] += (row.state_before or row.state) == "failed"
        found["bytes"] += row.new_bytes
    return [days[day] for day in sorted(days)]


def overview(session: Session, member_id: UUID) -> dict[str, Any]:
    """Count, sizes, and when there was a good one and a proved one last."""
    row = session.execute(
        select(
            func.count(), func.coalesce(func.sum(Snapshot.size_bytes), 0), func.coalesce(func.sum(Snapshot.new_bytes), 0),
            func.max(Snapshot.created_at), func.max(Snapshot.verified_at),
        ).where(Snapshot.member_id == member_id, Snapshot.state.in_(USABLE))
    ).one()  # fmt: skip
    return {
        "snapshot_count": row[0], "total_bytes": int(row[1]), "stored_bytes": int(row[2]), "last_backup_at": row[3],
        "last_verified_at": row[4],
    }  # fmt: skip


def to_prove(session: Session) -> Sequence[Snapshot]:
    """The newest usable snapshot of each planned member and kind whose last proof is older than a week."""
    limit = database_now(session) - PROVE_EVERY
    found = []
    for plan in session.scalars(select(BackupPlan).where(BackupPlan.enabled, BackupPlan.verify_weekly)):
        for kind in plan.kinds:
            mine = select(Snapshot).where(
                Snapshot.member_id == plan.member_id, Snapshot.kind == kind, Snapshot.state.in_(USABLE)
            )
            newest = session.scalar(mine.order_by(Snapshot.created_at.desc()).limit(1))
            proved = session.scalar(mine.with_only_columns(func.max(Snapshot.verified_at)))
            tried = session.scalar(select(Job.id).where(
                Job.member_id == plan.member_id, Job.command == "backup.verify", Job.created_at > limit
            ).limit(1))  # fmt: skip
            if newest is not None and (proved is None or proved < limit) and tried is None:
                found.append(newest)
    return found
