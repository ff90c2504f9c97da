"""All members of a pool with their latest heartbeats, numbers and strips: one Redis trip, made for thousands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import redis as redis_lib

from ..members.service import dashed
from ..members.wire import UNKNOWN, HeartbeatWire, MemberWire, member_wire_of_row
from . import readings, strips
from .latest import facts_of, known_store, track_of
from .lending import wire
from .readings import MetricsWire
from .store import BODIES, TRACKS


class OverviewMemberWire(MemberWire, rename="camel", gc=False, kw_only=True):
    """A member of an overview (schemas.OverviewMemberOut)."""

    strip: str | None
    metrics: MetricsWire | None
    haproxy_version: str | None
    os_name: str | None
    uptime_sec: float | None
    agent_outdated: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store has of some members, by place."""

    now: float
    tracks: Sequence[bytes | None]
    bodies: Sequence[bytes | None]
    slots: Sequence[bytes]


def see(redis: redis_lib.Redis, ids: Sequence[str], *, strip_sec: int) -> Seen:
    """One trip for all. Raises Unavailable."""
    if not ids:
        return Seen(0.0, [], [], [])
    client: Any = redis
    with known_store(), client.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.hmget(TRACKS, ids)
        pipe.hmget(BODIES, ids)
        if strip_sec:
            pipe.eval(strips.SCRIPT, 0, strips.slots_to_read(strip_sec), *ids)
        (seconds, micros), tracks, bodies, *rest = pipe.execute()
    now = float(seconds) + float(micros) / 1e6
    if not strip_sec:
        return Seen(now, tracks, bodies, [b""] * len(ids))
    at, *slots = rest[0]
    return Seen(float(at), tracks, bodies, slots)


def panorama(
    rows: Sequence[Any],
    seen: Seen | None,
    *,
    active_id: UUID | None,
    recovery_sec: int,
    strip_sec: int,
    latest_version: int,
) -> list[OverviewMemberWire]:
    """Rows of `members.service.pool_rows` with what is seen of them; all unknown without that."""
    active = str(active_id) if active_id else None
    shown = []
    for place, row in enumerate(rows):
        member_id = dashed(row.id)
        raw = seen.tracks[place] if seen is not None else None
        heartbeat, reading, beats = UNKNOWN, readings.NOTHING, None
        if seen is not None and raw is not None:
            heartbeat = wire(facts_of(member_id, track_of(raw), seen.now), recovery_sec)
            reading = readings.read(seen.bodies[place])
        if seen is not None and strip_sec:
            beats = strips.strip_of(
                seen.slots[place],
                now=seen.now,
                seconds=strip_sec,
                interval_sec=heartbeat.interval_sec or 1,
                first_seen_at=row.first_seen_at.timestamp() if row.first_seen_at and raw is not None else None,
            )
        shown.append(
            member_wire_of_row(
                OverviewMemberWire, row, active=member_id == active, heartbeat=heartbeat,
                strip=beats,
                metrics=reading.metrics,
                haproxy_version=reading.haproxy_version,
                os_name=reading.os_name,
                uptime_sec=reading.uptime_sec,
                agent_outdated=is_outdated(heartbeat, latest_version),
            )
        )  # fmt: skip
    return shown


def is_outdated(heartbeat: HeartbeatWire, latest_version: int) -> bool:
    """Whether a heard agent is older than the one that this installation gives out."""
    return heartbeat.agent_version is not None and heartbeat.agent_version < latest_version


def health_of(members: Sequence[MemberWire]) -> dict[str, int]:
    """How many members stand how."""
    health = {"members": len(members), "fresh": 0, "late": 0, "down": 0, "unknown": 0}
    for member in members:
        health[(member.heartbeat or UNKNOWN).state] += 1
    return health


encode = msgspec.json.Encoder().encode
