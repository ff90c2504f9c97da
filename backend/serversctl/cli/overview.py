"""What `serversctl status` shows: pools, names, members, holds, read from the database and Redis without HTTP."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..dns.tables import PoolDns
from ..failover.observing import Observations, pool_view
from ..failover.ports import DnsFacts, PoolRow
from ..failover.rules.readiness import readiness
from ..failover.rules.view import Standing
from ..failover.service.looking import votes_of_the_monitor
from ..failover.service.rows import disruptions_of, pool_rows
from ..failover.tables import FailoverEvent, FailoverHalt, FailoverHold, MonitorLease
from ..heartbeats.latest import RedisLiveness
from ..heartbeats.ports import Sighting
from ..kernel.db import database_now
from ..kernel.errors import Unavailable
from ..pools.tables import Pool

MONITOR_LATE_SEC = 10.0


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member. `age_sec` None: never heard, or nobody knows because the store is away."""

    name: str
    role: str
    age_sec: float | None
    haproxy: str
    ready: bool | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HoldLine:
    reason: str
    sentence: str
    since_sec: float


@dataclass(frozen=True, slots=True)
class EventLine:
    """The latest move of a pool."""

    state: str
    kind: str
    reason: str
    moved: str
    ago_sec: float


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One pool. `answer` is what was last read at the name, `dns` how that compares with what was ordered."""

    name: str
    hostname: str | None
    answer: tuple[str, ...]
    dns: str
    automatic: bool
    recovery_sec: int
    members: tuple[MemberLine, ...]
    holds: tuple[HoldLine, ...] = ()
    last_event: EventLine | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """`notes` say what could not be seen, and what holds for the whole installation."""

    at: datetime
    pools: tuple[PoolLine, ...]
    notes: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What the liveness store says; `problem` when it does not answer."""

    now: float = 0.0
    sightings: Mapping[UUID, Sighting] = field(default_factory=dict)
    problem: str = ""


def look(session: Session, store: redis.Redis, *, named: str | None = None, limit: int = 50) -> Overview:
    """The present state of the pools, the first `limit` by name, or the one that is `named`."""
    now = database_now(session)
    query = select(Pool.id).order_by(Pool.name, Pool.id)
    if named is not None:
        query = query.where(func.lower(Pool.name) == named.lower())
    ids = session.scalars(query).all()
    shown = ids[:limit]
    rows = pool_rows(session, now, shown)
    heard = listen(store, [member.member_id for row in rows.values() for member in row.members])
    records = {row.pool_id: row for row in session.scalars(select(PoolDns).where(PoolDns.pool_id.in_(shown)))}
    holds = holds_of(session, shown, now)
    events = latest_events(session, shown)
    seen = Observations(
        now=heard.now,
        database_now=now,
        sightings=heard.sightings,
        silence=lambda since: max(0.0, heard.now - since) if since is not None else 0.0,
        dns={pool_id: DnsFacts(internal=record.internal) for pool_id, record in records.items()},
        votes=votes_of_the_monitor(session, now),
        disruptions=disruptions_of(session, [m.member_id for row in rows.values() for m in row.members]),
    )
    pools = tuple(
        pool_line(
            rows[pool_id],
            seen,
            heard,
            record=records.get(pool_id),
            holds=holds.get(pool_id, ()),
            event=events.get(pool_id),
        )
        for pool_id in shown
    )
    return Overview(now, pools, tuple(notes(session, heard, now)), left_out=len(ids) - len(shown))


def listen(store: redis.Redis, ids: Collection[UUID]) -> Heard:
    try:
        liveness = RedisLiveness(store)
        return Heard(liveness.now(), liveness.sightings(ids))
    except Unavailable as why:
        return Heard(problem=why.detail)


def pool_line(
    row: PoolRow,
    seen: Observations,
    heard: Heard,
    *,
    record: PoolDns | None,
    holds: Sequence[HoldLine],
    event: FailoverEvent | None,
) -> PoolLine:
    view = pool_view(row, seen)
    return PoolLine(
        name=row.name,
        hostname=record.fqdn if record else None,
        answer=tuple(sorted(text for texts in (record.observed or {}).values() for text in texts)) if record else (),
        dns=dns_words(record),
        automatic=row.policy.auto,
        recovery_sec=row.policy.recovery_sec,
        members=tuple(
            member_line(member, role(row, member), readiness(view, member).failed, heard, haproxy=row.haproxy)
            for member in view.members
        ),
        holds=tuple(holds),
        last_event=event_line(event, seen.database_now) if event else None,
    )


def member_line(
    member: Standing, shown_role: str, failed: Sequence[object], heard: Heard, *, haproxy: bool
) -> MemberLine:
    if heard.problem:
        return MemberLine(member.name, shown_role, None, "?", None)
    reasons = tuple(str(getattr(gate, "reason", gate)) for gate in failed)
    age = member.age_sec if member.heard else None
    return MemberLine(member.name, shown_role, age, haproxy_word(member) if haproxy else "-", not reasons, reasons)


def role(row: PoolRow, member: Standing) -> str:
    if member.maintenance:
        return "maintenance"
    return "active" if member.member_id == row.active_id else "standby"


def haproxy_word(member: Standing) -> str:
    if not member.heard or not member.haproxy_monitored:
        return "?"
    return "active" if member.haproxy_active else "down"


def dns_words(record: PoolDns | None) -> str:
    if record is None:
        return "not connected"
    words = record.state.replace("_", " ")
    return f"{words}, not yet verified" if record.state == "in_sync" and record.verified is False else words


def holds_of(session: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, list[HoldLine]]:
    found: dict[UUID, list[HoldLine]] = {}
    query = select(FailoverHold).where(FailoverHold.pool_id.in_(ids)).order_by(FailoverHold.since)
    for hold in session.scalars(query):
        since = max(0.0, (now - hold.since).total_seconds())
        found.setdefault(hold.pool_id, []).append(HoldLine(hold.reason, hold.sentence, since))
    return found


def latest_events(session: Session, ids: Sequence[UUID]) -> dict[UUID, FailoverEvent]:
    latest = (
        select(FailoverEvent.pool_id, func.max(FailoverEvent.epoch).label("epoch"))
        .where(FailoverEvent.pool_id.in_(ids))
        .group_by(FailoverEvent.pool_id)
        .subquery()
    )
    query = select(FailoverEvent).join(
        latest, (FailoverEvent.pool_id == latest.c.pool_id) & (FailoverEvent.epoch == latest.c.epoch)
    )
    return {event.pool_id: event for event in session.scalars(query)}


def event_line(event: FailoverEvent, now: datetime) -> EventLine:
    return EventLine(
        state=event.state,
        kind=event.kind,
        reason=event.reason,
        moved=f"{event.from_name or 'nobody'} -> {event.to_name}",
        ago_sec=max(0.0, (now - event.created_at).total_seconds()),
    )


def notes(session: Session, heard: Heard, now: datetime) -> list[str]:
    """What the whole installation must know, worst first."""
    found = []
    halt = session.scalars(select(FailoverHalt)).first()
    if halt is not None:
        found.append(f"Automation is stopped: {halt.reason}")
    if heard.problem:
        found.append(f"{heard.problem} Ages and readiness are unknown; automation holds.")
    lease = session.scalars(select(MonitorLease).order_by(MonitorLease.expires_at.desc())).first()
    if lease is None or lease.released or lease.expires_at <= now:
        found.append("No monitor is at work: nothing fails over. Start `serversctl up` or `serversctl monitor`.")
    elif lease.status.get("blackout"):
        found.append(f"The monitor sees nothing at the moment: {lease.status['blackout']}")
    return found
