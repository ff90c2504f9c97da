"""How the monitor's process is put together, as far as only that can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import redis
from serversctl.failover.rules.view import Warn
from serversctl.monitor import hosts, main
from sqlalchemy import Engine
from support.api import make_wiring
from support.fleet import make_fleet
from support.servers.redis import Redis


@pytest.fixture
def store() -> Iterator[redis.Redis]:
    with Redis.start() as server:
        yield redis.Redis.from_url(server.url, socket_timeout=2)


class Waiting:
    """Instead of the monitor: shows one pool each turn and stops when its members are warned of."""

    seen: Mapping[UUID, tuple[Warn, ...]] = {}
    stop = threading.Event()
    picture: Any = None

    def __init__(self, *, warnings: Callable[[], Any], shown: Callable[[Any, Any], None], **_others: Any) -> None:
        self.warnings, self.shown, self.turns = warnings, shown, 0
        self.tenure = SimpleNamespace(holder="test")

    def step(self) -> float:
        self.shown(self.picture, {})
        Waiting.seen, self.turns = self.warnings(), self.turns + 1
        if Waiting.seen or self.turns > 300:
            self.stop.set()
        return 0.01

    def close(self) -> None:
        """Nothing is held."""


def test_the_loop_is_given_what_hosts_say(
    engine: Engine, clock: Any, store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring = make_wiring(engine, clock)
    wiring.redis = store
    fleet = make_fleet(wiring.sessions, store)
    member = fleet.enrol()
    fleet.beat(member, host={"memory": {"totalBytes": 100, "usedBytes": 99}})
    pool = SimpleNamespace(
        pool_id=fleet.pool_id, active_id=None, members=[SimpleNamespace(member_id=member)],
        policy=SimpleNamespace(probe=SimpleNamespace(configured=False)),
    )  # fmt: skip
    monkeypatch.setattr(Waiting, "picture", SimpleNamespace(pools={fleet.pool_id: pool}))
    monkeypatch.setattr(main, "Monitor", Waiting)
    monkeypatch.setattr(hosts, "REFRESH_SEC", 0.02)
    main.watch(wiring, Waiting.stop)
    assert "memory" in [warn.name for warn in Waiting.seen.get(member, ())]
