"""The Redis side of intake: names of the keys and the one script that a flush is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import redis as redis_lib

SEEN, TRACKS, BODIES, REPLICAS, CANARY = "hb:seen", "hb:tracks", "hb:bodies", "hb:replicas", "hb:canary"
PENDING, CANCEL = "jobs:pending", "jobs:cancel"
KEYS = (SEEN, TRACKS, BODIES, REPLICAS, CANARY, PENDING, CANCEL)
SCRIPT = (Path(__file__).parent / "flush.lua").read_text(encoding="utf-8")

_encode = msgspec.msgpack.Encoder().encode
_changes = msgspec.msgpack.Decoder(list[tuple[str, str, Any, Any]]).decode


def slow_key(member_id: str) -> str:
    return f"hb:slow:{member_id}"


def fine_key(member_id: str) -> str:
    return f"hb:1s:{member_id}"


def coarse_key(member_id: str) -> str:
    return f"hb:10s:{member_id}"


class StoredBeat(NamedTuple):
    """One heartbeat on its way to the script; `fields` in the order that flush.lua names."""

    fields: tuple[Any, ...]
    sample: bytes
    coarse: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """Something about a member is not as it was: `ip`, `source`, `version`, `stacks` or `clone`."""

    member_id: str
    what: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Flushed:
    """What one trip brought back. `now` is the store's clock."""

    now: float
    dropped: int = 0
    changes: list[Change] = field(default_factory=list)
    with_jobs: frozenset[str] = frozenset()
    with_cancels: frozenset[str] = frozenset()


class FlushScript:
    """The flush of one replica."""

    def __init__(self, redis: redis_lib.Redis, replica: str) -> None:
        self._redis = redis
        self._replica = replica
        self._script = redis.register_script(SCRIPT)

    def run(
        self,
        beats: Sequence[StoredBeat],
        canary_age_sec: float | None,
        slow: Sequence[tuple[str, dict[str, bytes]]] = (),
    ) -> Flushed:
        """Write the beats and the slow blocks that came with them. Raises redis.RedisError; then nothing is known."""
        canary = "" if canary_age_sec is None else f"{canary_age_sec:.6f}"
        arguments: list[Any] = [
            self._replica,
            _encode([beat.fields for beat in beats]),
            canary,
            b"".join([beat.sample for beat in beats]),
            b"".join([beat.coarse for beat in beats]),
            *[beat.body for beat in beats],
        ]
        if slow:
            with self._redis.pipeline(transaction=False) as pipe:
                for member_id, blocks in slow:
                    pipe.hset(slow_key(member_id), mapping=blocks)  # type: ignore[arg-type]
                pipe.execute()
        answer: Any = self._script(keys=KEYS, args=arguments)
        return Flushed(
            now=float(answer[0]),
            dropped=int(answer[1]),
            changes=[Change(*change) for change in _changes(answer[2])],
            with_jobs=frozenset(item.decode() for item in answer[3]),
            with_cancels=frozenset(item.decode() for item in answer[4]),
        )

    def leave(self) -> None:
        """Take down this replica's mark."""
        self._redis.hdel(REPLICAS, self._replica)
