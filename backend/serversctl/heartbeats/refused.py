"""Why a heartbeat was refused, kept so that the enrolment screen can say it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import redis as redis_lib

KEPT_PER_MEMBER, KEPT_SEC = 20, 86_400
QUEUE_MAX = 500
# One note a second for each member or address: a stuck agent must not push out the others.
PACE_SEC = 1.0


class Refusal(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One refused heartbeat of a member. `at` is in store seconds, set when it is written."""

    member_id: str
    code: str
    detail: str
    source: str | None = None
    said_hostname: str | None = None
    at: float = 0.0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Refusal).decode


def member_key(member_id: str) -> str:
    return f"hb:refused:{member_id}"


class RefusalNotes:
    """Notes taken on the hot path, written by the flusher."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, Refusal]] = []
        self._last: dict[str, float] = {}

    def take(self, refusal: Refusal, now: float) -> None:
        who = refusal.member_id
        with self._lock:
            if now - self._last.get(who, now - PACE_SEC) < PACE_SEC or len(self._waiting) >= QUEUE_MAX:
                return
            if len(self._last) > 4 * QUEUE_MAX:
                self._last.clear()
            self._last[who] = now
            self._waiting.append((now, refusal))

    def drain(self) -> list[tuple[float, Refusal]]:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        return waiting


def write(redis: redis_lib.Redis, notes: Sequence[tuple[float, Refusal]], *, store_now: float, now: float) -> None:
    """Newest first, bounded in number and time."""
    with redis.pipeline(transaction=False) as pipe:
        for taken, refusal in notes:
            text = _encode(msgspec.structs.replace(refusal, at=round(store_now - (now - taken), 3)))
            key = member_key(refusal.member_id)
            pipe.lpush(key, text)
            pipe.ltrim(key, 0, KEPT_PER_MEMBER - 1)
            pipe.expire(key, KEPT_SEC)
        pipe.execute()


def read(redis: redis_lib.Redis, key: str) -> list[Refusal]:
    """Newest first."""
    found: Any = redis.lrange(key, 0, KEPT_PER_MEMBER - 1)
    return [_decode(text) for text in found]


def clear(redis: redis_lib.Redis, *keys: str) -> None:
    redis.delete(*keys)
