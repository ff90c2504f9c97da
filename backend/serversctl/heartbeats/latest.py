"""Reading the store: sightings for deciders, facts and history for people."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import redis as redis_lib

from ..kernel.errors import Unavailable
from . import rings
from .ports import ProbeResult, Sighting
from .store import BODIES, CANARY, REPLICAS, SEEN, TRACKS, coarse_key, fine_key, slow_key

CHUNK = 1000


class Track(msgspec.Struct, array_like=True, gc=False):
    """What the flush script keeps of a member, by place (see flush.lua)."""

    seen: float
    proven: float
    run_since: float
    interval: float
    boot: str
    seq: int
    version: int
    ip: str  # empty: none
    source: str
    monitored: bool
    active: bool
    inactive_reports: int
    clone_until: float
    earlier_boot: str
    earlier_seq: int
    returns: int
    switched_at: float
    stacks: str
    probes: Any
    replica: str


track_of = msgspec.msgpack.Decoder(Track, strict=False).decode


@dataclass(frozen=True, slots=True)
class Facts:
    """A member's latest report as people see it."""

    member_id: UUID | str
    seen_at: float
    age_sec: float
    interval_sec: int
    agent_version: int
    ip: str | None
    source: str
    stacks: tuple[str, ...]
    haproxy_monitored: bool
    haproxy_active: bool
    clone_suspected: bool


@contextmanager
def known_store() -> Any:
    """What goes wrong with the store inside is Unavailable: nothing is known."""
    try:
        yield
    except (redis_lib.RedisError, OSError, msgspec.MsgspecError) as why:
        raise Unavailable(
            "liveness_unknown", f"Nothing is known of heartbeats ({why}): check Redis.", retry_after_sec=1
        ) from why


class RedisLiveness:
    """`ports.Liveness` over Redis."""

    def __init__(self, redis: redis_lib.Redis) -> None:
        self._redis: Any = redis

    def now(self) -> float:
        with known_store():
            seconds, micros = self._redis.time()
            return float(seconds) + float(micros) / 1e6

    def sightings(self, ids: Collection[UUID]) -> dict[UUID, Sighting]:
        now = self.now()
        return {member_id: _sighting(member_id, track, now) for member_id, track in self.tracks(ids).items()}

    def tracks(self, ids: Collection[UUID]) -> dict[UUID, Track]:
        known = {str(member_id): member_id for member_id in ids}
        return {known[text]: track for text, track in self.tracks_of_text(list(known)).items()}

    def tracks_of_text(self, ids: Sequence[str]) -> dict[str, Track]:
        found: dict[str, Track] = {}
        with known_store():
            for some in _chunks(list(ids)):
                for text, raw in zip(some, self._redis.hmget(TRACKS, some), strict=True):
                    if raw is not None:
                        found[text] = track_of(raw)
        return found

    def silent(self, before: float, limit: int = 1000) -> list[tuple[UUID, float]]:
        with known_store():
            rows = self._redis.zrange(
                SEEN, "-inf", f"({before:.6f}", byscore=True, offset=0, num=limit, withscores=True
            )
        return [(UUID(member.decode()), float(at)) for member, at in rows]

    def heard_since(self, since: float) -> int:
        with known_store():
            return int(self._redis.zcount(SEEN, f"{since:.6f}", "+inf"))

    def known(self) -> int:
        with known_store():
            return int(self._redis.zcard(SEEN))

    def canary_at(self) -> float:
        with known_store():
            return float(self._redis.get(CANARY) or 0.0)

    def replicas(self) -> dict[str, float]:
        with known_store():
            return {name.decode(): float(at) for name, at in self._redis.hgetall(REPLICAS).items()}


class LatestFacts:
    """For the API: light facts of many members, the whole report and the history of one."""

    def __init__(self, redis: redis_lib.Redis) -> None:
        self._redis: Any = redis
        self._liveness = RedisLiveness(redis)

    def of(self, ids: Collection[UUID]) -> dict[UUID, Facts]:
        now = self._liveness.now()
        return {member_id: facts_of(member_id, track, now) for member_id, track in self._liveness.tracks(ids).items()}

    def of_text(self, ids: Sequence[str]) -> dict[str, Facts]:
        """The same by ids as text."""
        now = self._liveness.now()
        return {text: facts_of(text, track, now) for text, track in self._liveness.tracks_of_text(ids).items()}

    def body(self, member_id: UUID) -> dict[str, Any] | None:
        """The last report, with the slow blocks that it left out; None when never heard."""
        with known_store():
            raw = self._redis.hget(BODIES, str(member_id))
            if raw is None:
                return None
            slow = self._redis.hgetall(slow_key(str(member_id)))
        try:
            body: dict[str, Any] = json.loads(raw)
        except (ValueError, RecursionError):
            return None  # what intake skipped over may still be more than this parser takes
        for place, text in slow.items():
            area, _, name = place.decode().partition(".")
            block = body.get(area)
            if isinstance(block, dict):
                block.setdefault(name, json.loads(text))
        return body

    def bodies(self, ids: Collection[UUID], slow: str) -> dict[UUID, tuple[bytes, bytes | None]]:
        """The last reports of many members as JSON, each with this slow block of it, in one trip."""
        members = list(ids)
        if not members:
            return {}
        with known_store(), self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(BODIES, [str(member_id) for member_id in members])
            for member_id in members:
                pipe.hget(slow_key(str(member_id)), slow)
            bodies, *blocks = pipe.execute()
        said = zip(members, bodies, blocks, strict=True)
        return {member_id: (body, block) for member_id, body, block in said if body is not None}

    def bodies_of_text(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The last reports of many members as JSON, without the slow blocks that they left out."""
        found: dict[str, bytes] = {}
        with known_store():
            for some in _chunks(list(ids)):
                said = zip(some, self._redis.hmget(BODIES, some), strict=True)
                found.update((text, raw) for text, raw in said if raw is not None)
        return found

    def slow_blocks(self, ids: Sequence[str], name: str) -> dict[str, bytes]:
        """One slow block of many members as JSON, in one trip; who never sent it is left out."""
        if not ids:
            return {}
        with known_store(), self._redis.pipeline(transaction=False) as pipe:
            for text in ids:
                pipe.hget(slow_key(text), name)
            return {text: raw for text, raw in zip(ids, pipe.execute(), strict=True) if raw is not None}

    def history(self, member_id: UUID, ring: rings.Ring) -> list[rings.Sample]:
        """The samples of the fine or the coarse ring, oldest first."""
        key = fine_key(str(member_id)) if ring is rings.FINE else coarse_key(str(member_id))
        now = self._liveness.now()
        with known_store():
            return rings.unpack(ring, self._redis.get(key) or b"", now)

    def coarse_histories(self, ids: Collection[UUID], now: float) -> dict[UUID, list[rings.Sample]]:
        """The 10 s rings of many members."""
        names = list(ids)
        with known_store():
            data = self._redis.mget([coarse_key(str(member_id)) for member_id in names]) if names else []
        return {
            member_id: rings.unpack(rings.COARSE, raw, now) for member_id, raw in zip(names, data, strict=True) if raw
        }

    def replicas(self) -> dict[str, float]:
        return self._liveness.replicas()

    def forget(self, ids: Iterable[UUID]) -> None:
        """Drop everything of members that were removed."""
        names = [str(member_id) for member_id in ids]
        with known_store():
            for some in _chunks(names):
                self._redis.zrem(SEEN, *some)
                self._redis.hdel(TRACKS, *some)
                self._redis.hdel(BODIES, *some)
                keys = [make(name) for name in some for make in (slow_key, fine_key, coarse_key)]
                self._redis.delete(*keys, *[f"hb:refused:{name}" for name in some])

    def everyone(self) -> list[UUID]:
        with known_store():
            return [UUID(name.decode()) for name in self._redis.hkeys(TRACKS)]


def _sighting(member_id: UUID, track: Track, now: float) -> Sighting:
    return Sighting(
        member_id=member_id,
        seen_at=track.seen,
        proven_at=track.proven,
        run_since=track.run_since,
        interval_sec=int(track.interval),
        boot_id=track.boot,
        seq=track.seq,
        agent_version=track.version,
        ip=track.ip or None,
        source=track.source,
        haproxy_monitored=track.monitored,
        haproxy_active=track.active,
        inactive_reports=track.inactive_reports,
        clone_suspected=track.clone_until > now,
        probe_results=tuple(
            ProbeResult(
                probe_id=p[0], ok=bool(p[1]), millis=None if p[2] < 0 else p[2], error=p[3] or None, at=float(p[4])
            )
            for p in track.probes or ()
        ),
    )


def facts_of(member_id: UUID | str, track: Track, now: float) -> Facts:
    return Facts(
        member_id=member_id,
        seen_at=track.seen,
        age_sec=max(0.0, now - track.seen),
        interval_sec=int(track.interval),
        agent_version=track.version,
        ip=track.ip or None,
        source=track.source,
        stacks=tuple(track.stacks.split()),
        haproxy_monitored=track.monitored,
        haproxy_active=track.active,
        clone_suspected=track.clone_until > now,
    )


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    return (items[i : i + CHUNK] for i in range(0, len(items), CHUNK))
