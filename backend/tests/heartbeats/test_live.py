"""What a watched pool's listeners are told each second."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from serversctl.heartbeats import live
from serversctl.heartbeats.live import FULL_SEC, Board, LiveBeats
from support.fleet import Fleet
from support.servers.redis import Redis

REPORT = {
    "agentVersion": 6,
    "host": {"cpu": {"usedPct": 12.3}, "load": [0.5]},
    "haproxy": {"monitored": True, "active": True, "stats": {"sessions": 118}},
}


@pytest.fixture
def board(fleet: Fleet) -> Board:
    return Board(fleet.pool_id, None)


def look(fleet: Fleet, board: Board, at: float, *, wants_full: bool = False) -> tuple[Any, Any]:
    full, part = LiveBeats(fleet.sessions, fleet.redis).look(board, at=at, wants_full=wants_full)
    return tuple(None if text is None else json.loads(text) for text in (full, part))  # type: ignore[return-value]


def pair(fleet: Fleet) -> tuple[UUID, UUID]:
    made = fleet.enrol("a.example.com"), fleet.enrol("b.example.com")
    for member in made:
        fleet.beat(member, **REPORT)
    return made


def ids_of(message: Any) -> set[str]:
    return {member["id"] for member in message["members"]}


def test_the_first_message_is_whole_and_has_the_numbers(fleet: Fleet, board: Board) -> None:
    a, b = pair(fleet)
    full, part = look(fleet, board, 100.0)
    assert (full["poolId"], full["full"], full["liveness"]) == (str(fleet.pool_id), True, "known")
    assert ids_of(full) == {str(a), str(b)}
    assert part is None
    beat = full["members"][0]
    assert {name: beat[name] for name in ("state", "haproxyActive", "agentVersion", "cpuPct", "load", "sessions")} == {
        "state": "fresh", "haproxyActive": True, "agentVersion": 6, "cpuPct": 12.3, "load": 0.5, "sessions": 118,
    }  # fmt: skip


def test_a_small_pool_is_told_everybody_each_second(fleet: Fleet, board: Board) -> None:
    a, b = pair(fleet)
    look(fleet, board, 100.0)
    full, part = look(fleet, board, 101.0)
    assert full is None
    assert (part["full"], ids_of(part)) == (False, {str(a), str(b)})


def test_a_large_pool_is_told_who_changed(fleet: Fleet, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SMALL", 1)
    a, b = pair(fleet)
    look(fleet, board, 100.0)
    assert look(fleet, board, 101.0)[1]["members"] == []
    fleet.beat(b, **{**REPORT, "haproxy": {"monitored": True, "active": False}})
    (_, part) = look(fleet, board, 102.0)
    assert ids_of(part) == {str(b)}
    assert part["members"][0]["haproxyActive"] is False
    assert look(fleet, board, 103.0)[1]["members"] == []
    full, part = look(fleet, board, 100.0 + FULL_SEC)
    assert (ids_of(full), part) == ({str(a), str(b)}, None)


def test_a_newcomer_is_told_everybody_while_the_others_go_on(
    fleet: Fleet, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SMALL", 1)
    a, b = pair(fleet)
    look(fleet, board, 100.0)
    full, part = look(fleet, board, 101.0, wants_full=True)
    assert (ids_of(full), part["members"]) == ({str(a), str(b)}, [])


def test_one_member_may_be_watched_alone(fleet: Fleet) -> None:
    a, _ = pair(fleet)
    assert ids_of(look(fleet, Board(fleet.pool_id, a), 100.0)[0]) == {str(a)}


def test_while_the_store_is_away_nothing_is_known_and_then_all_is_told(
    fleet: Fleet, board: Board, redis_server: Redis
) -> None:
    a, _ = pair(fleet)
    look(fleet, board, 100.0)
    redis_server.kill()
    try:
        full, part = look(fleet, board, 101.0)
        assert (full, part["liveness"], part["members"]) == (None, "unknown", [])
    finally:
        redis_server.restart()
    fleet.replica.coalescer.flush()
    fleet.beat(a, **REPORT)
    assert str(a) in ids_of(look(fleet, board, 102.0)[0])
