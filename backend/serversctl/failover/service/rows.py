"""From table rows to the plain values that rules and the monitor look at, in a handful of bulk queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...jobs.tables import Job
from ...members.tables import Member
from ...pools.tables import Pool
from ..ports import MemberRow, PoolRow
from ..rules.view import Policy, Probe, ProbeKind
from ..tables import FailoverEvent, FailoverHold, FailoverSettings

AUTOMATIC = ("automatic", "failback")
# Holds that only a person lifts; the others go when their cause goes.
STICKY = ("flapping", "record_fight")


def policy_of(row: FailoverSettings | None, now: datetime) -> Policy:
    if row is None:
        return Policy()
    probe = Probe(ProbeKind(row.probe_kind), row.probe_port, row.probe_path, row.probe_host_header)
    return Policy(
        auto=row.auto,
        recovery_sec=row.recovery_sec,
        probe=probe,
        failback_auto=row.failback == "auto",
        preferred=row.preferred_member_id,
        stable_sec=row.stable_sec,
        paused=pause_of(row, now),
    )


def pause_of(row: FailoverSettings, now: datetime) -> str | None:
    """The reason of a maintenance pause that runs at this moment."""
    if not row.paused or (row.paused_until is not None and row.paused_until <= now):
        return None
    return row.paused_reason or "no reason given"


def member_row(member: Member) -> MemberRow:
    return MemberRow(
        member_id=member.id,
        name=member.display_name or member.hostname,
        priority=member.priority,
        never_promote=member.never_promote,
        maintenance=member.maintenance,
        allowed_ips=tuple(member.allowed_ips),
        public_ips=tuple(member.public_ips or ()),
        ever_seen=member.first_seen_at is not None,
    )


def pool_rows(session: Session, now: datetime, pool_ids: Sequence[UUID] | None = None) -> dict[UUID, PoolRow]:
    """All pools (or these) with members, settings and recent history."""
    pools = session.scalars(_some(select(Pool), Pool.id, pool_ids)).all()
    members: dict[UUID, list[MemberRow]] = {}
    for member in session.scalars(
        _some(select(Member), Member.pool_id, pool_ids).order_by(Member.created_at, Member.id)
    ):
        members.setdefault(member.pool_id, []).append(member_row(member))
    settings = {
        row.pool_id: row for row in session.scalars(_some(select(FailoverSettings), FailoverSettings.pool_id, pool_ids))
    }
    holds: dict[UUID, set[str]] = {}
    for hold in session.scalars(_some(select(FailoverHold), FailoverHold.pool_id, pool_ids)):
        holds.setdefault(hold.pool_id, set()).add(hold.reason)
    recent = _recent(session, now, pool_ids)
    return {
        pool.id: _pool_row(
            pool,
            members=members.get(pool.id, []),
            settings=settings.get(pool.id),
            holds=holds.get(pool.id, set()),
            moved=recent.get(pool.id, []),
            now=now,
        )
        for pool in pools
    }


def _pool_row(
    pool: Pool,
    *,
    members: Sequence[MemberRow],
    settings: FailoverSettings | None,
    holds: set[str],
    moved: Sequence[datetime],
    now: datetime,
) -> PoolRow:
    acknowledged = settings.acknowledged_at if settings else None
    return PoolRow(
        pool_id=pool.id,
        account_id=pool.account_id,
        name=pool.name,
        haproxy=pool.template == "haproxy",
        epoch=pool.epoch,
        active_id=pool.active_member_id,
        policy=policy_of(settings, now),
        members=tuple(members),
        last_automatic_at=max(moved, default=None),
        automatic_last_hour=sum(1 for at in moved if acknowledged is None or at > acknowledged),
        flapping="flapping" in holds,
        fighting="record_fight" in holds,
        acknowledged_at=acknowledged,
        held=bool(holds - set(STICKY)),
    )


def _recent(session: Session, now: datetime, pool_ids: Sequence[UUID] | None) -> dict[UUID, list[datetime]]:
    query = select(FailoverEvent.pool_id, FailoverEvent.created_at).where(
        FailoverEvent.kind.in_(AUTOMATIC), FailoverEvent.created_at > now - timedelta(hours=1)
    )
    found: dict[UUID, list[datetime]] = {}
    for pool_id, at in session.execute(_some(query, FailoverEvent.pool_id, pool_ids)):
        found.setdefault(pool_id, []).append(at)
    return found


def fleet_of(session: Session, now: datetime) -> tuple[int, datetime | None]:
    """How many automatic promotions the installation saw in 10 minutes, and the last one's time."""
    query = select(func.count(), func.max(FailoverEvent.created_at)).where(
        FailoverEvent.kind == "automatic", FailoverEvent.created_at > now - timedelta(minutes=10)
    )
    count, last = session.execute(query).one()
    return int(count), last


def disruptions_of(session: Session, member_ids: Iterable[UUID] | None = None) -> dict[UUID, datetime]:
    """Members with a running job that stops or replaces HAProxy, and since when."""
    query = select(Job.member_id, Job.started_at, Job.created_at).where(Job.state == "running", Job.stops_haproxy)
    if member_ids is not None:
        query = query.where(Job.member_id.in_(list(member_ids)))
    return {member: started or created for member, started, created in session.execute(query) if member is not None}


def _some(query: Any, column: Any, pool_ids: Sequence[UUID] | None) -> Any:
    return query if pool_ids is None else query.where(column.in_(list(pool_ids)))
