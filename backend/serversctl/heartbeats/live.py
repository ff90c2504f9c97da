"""The beats of a pool that somebody looks at, once a second: everybody now and then, in between whoever changed.

All of 2,000 members would be hundreds of kilobytes a second for each browser, nearly all of it as it was before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import redis as redis_lib
from sqlalchemy import select

from ..kernel.db import SessionFactory, reading
from ..kernel.errors import Unavailable
from ..members.service import dashed
from ..members.service.listing import ROW
from ..members.tables import Member
from ..members.wire import HeartbeatWire
from . import readings
from .latest import LatestFacts
from .lending import recovery_secs, wire

FULL_SEC = 15.0
# Pools up to this size are small enough to be told whole each second.
SMALL = 60

_encode = msgspec.json.Encoder().encode
_ID = ROW[0]


class BeatWire(msgspec.Struct, rename="camel", gc=False):
    """One member in a `beats` message."""

    id: str
    state: str
    age_sec: float | None
    haproxy_active: bool
    agent_version: int | None
    cpu_pct: float | None
    memory_pct: float | None
    load: float | None
    sessions: int | None


@dataclass(slots=True)
class Board:
    """What was told of one pool, or of one member of it."""

    pool_id: UUID
    member_id: UUID | None
    told: dict[str, tuple[str, bool]] = field(default_factory=dict)
    full_at: float | None = None


class LiveBeats:
    """Reads for boards. Called in a thread, one call at a time for each board."""

    def __init__(self, sessions: SessionFactory, redis: redis_lib.Redis) -> None:
        self._sessions = sessions
        self._facts = LatestFacts(redis)

    def look(self, board: Board, *, at: float, wants_full: bool) -> tuple[bytes | None, bytes | None]:
        """The next message as JSON: whole, for whom it is due or who has none yet; and the changes, for the others.

        `at` is a monotonic time. The first is None when it is not wanted, the second when all get the whole.
        """
        try:
            heard = self._heard(board)
            due = board.full_at is None or at - board.full_at >= FULL_SEC
            everybody = due or len(heard) <= SMALL
            changed = [] if everybody else [key for key, beat in heard.items() if board.told.get(key) != _state(beat)]
            whole = due or wants_full
            beats = self._beats(heard, list(heard) if everybody or whole else changed)
        except Unavailable:
            board.told, board.full_at = {}, None  # whatever comes next is told whole
            return None, _message(board, full=False, liveness="unknown", members=[])
        board.told = {key: _state(beat) for key, beat in heard.items()}
        if due:
            board.full_at = at
        full = _message(board, full=True, liveness="known", members=list(beats.values())) if whole else None
        if due:
            return full, None
        some = list(beats.values()) if everybody else [beats[key] for key in changed]
        return full, _message(board, full=False, liveness="known", members=some)

    def _heard(self, board: Board) -> dict[str, HeartbeatWire]:
        query = select(_ID).where(Member.__table__.c.pool_id == board.pool_id)
        if board.member_id is not None:
            query = query.where(Member.__table__.c.id == board.member_id)
        with reading(self._sessions) as session:
            ids = [dashed(row.id) for row in session.connection().execute(query)]
            recovery_sec = recovery_secs(session, {board.pool_id})[board.pool_id]
        return {key: wire(facts, recovery_sec) for key, facts in self._facts.of_text(ids).items()}

    def _beats(self, heard: dict[str, HeartbeatWire], keys: list[str]) -> dict[str, BeatWire]:
        bodies = self._facts.bodies_of_text(keys)
        return {key: _beat(key, heard[key], readings.read(bodies.get(key))) for key in keys}


def _state(beat: HeartbeatWire) -> tuple[str, bool]:
    return beat.state, beat.haproxy_active


def _beat(key: str, beat: HeartbeatWire, reading_: readings.Reading) -> BeatWire:
    numbers = reading_.metrics or readings.MetricsWire()
    return BeatWire(
        key, beat.state, beat.age_sec, beat.haproxy_active, beat.agent_version, numbers.cpu_pct, numbers.memory_pct,
        numbers.load, numbers.sessions,
    )  # fmt: skip


def _message(board: Board, *, full: bool, liveness: str, members: list[Any]) -> bytes:
    return _encode({"poolId": str(board.pool_id), "full": full, "liveness": liveness, "members": members})
