"""The list of 5,000 members: rows into typed structs, against the ordinary way through schemas, in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import redis
from serversctl.heartbeats.lending import Lending
from serversctl.heartbeats.store import FlushScript, StoredBeat
from serversctl.kernel.db import make_engine, make_sessions, reading
from serversctl.members.schemas import MemberPageOut
from serversctl.members.service import list_members
from serversctl.members.tables import Member
from serversctl.members.wire import page_bytes
from sqlalchemy import select

from .ground import ground

MEMBERS = 5000


def measure(rounds: int = 7) -> dict[str, Any]:
    """CPU milliseconds of this process for each way, medians of interleaved rounds."""
    with ground(MEMBERS) as place:
        client = redis.Redis.from_url(place.redis.url)
        beats = [
            StoredBeat((str(i), 0.0, "b", 1, None, 100, "203.0.113.10", "127.0.0.1", True, True, 1, "haproxy", [], None), b"\0" * 8, b"\0" * 8, b"{}")
            for i in place.ids
        ]  # fmt: skip
        FlushScript(client, "bench").run(beats, None)
        engine = make_engine(place.database_url)
        sessions, lending = make_sessions(engine), Lending(client)

        def rows_only() -> int:
            with reading(sessions) as session:
                found = list_members(session, place.account_id, limit=MEMBERS)
                return len(page_bytes(found.items, active=(), heartbeats=None, next_cursor=None))

        def with_heartbeats() -> int:
            with reading(sessions) as session:
                found = list_members(session, place.account_id, limit=MEMBERS)
                heard = lending.heartbeats_by_text(session, found.items)
                return len(page_bytes(found.items, active=(), heartbeats=heard, next_cursor=None))

        def ordinary() -> int:
            with reading(sessions) as session:
                found = list(session.scalars(select(Member).order_by(Member.hostname)))
                for member in found:
                    member.active = member.secret_pending = False  # type: ignore[attr-defined]
                    member.heartbeat = None  # type: ignore[attr-defined]
                return len(MemberPageOut().dumps({"items": found, "next_cursor": None}))

        ways = {"rows, no heartbeats": rows_only, "rows and heartbeats": with_heartbeats, "ORM and schemas": ordinary}
        spent: dict[str, list[float]] = {name: [] for name in ways}
        sizes = {name: way() for name, way in ways.items()}
        for _ in range(rounds):
            for name, way in ways.items():
                spent[name].append(_cpu_ms(way))
        engine.dispose()
    medians = {name: round(statistics.median(values), 1) for name, values in spent.items()}
    return {
        "members": MEMBERS,
        "cpuMs": medians,
        "bytes": sizes,
        "ordinaryOverRows": round(medians["ORM and schemas"] / medians["rows, no heartbeats"], 1),
    }


def _cpu_ms(way: Callable[[], int]) -> float:
    began = time.process_time()
    way()
    return (time.process_time() - began) * 1000
