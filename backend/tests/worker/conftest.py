"""A worker over a fresh database and a real, empty Redis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import redis
from serversctl.kernel import outbox
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.wiring import Wiring
from sqlalchemy import Engine
from support.api import make_wiring
from support.servers.redis import Redis

ACCOUNT = UUID(int=1)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis.start() as server:
        yield server


@pytest.fixture
def wiring(engine: Engine, redis_server: Redis) -> Wiring:
    if not redis_server.running():
        redis_server.restart()
    redis_server.flush()
    made = make_wiring(engine, SystemClock(), redis_url=redis_server.url)
    made.redis = redis.Redis.from_url(redis_server.url)
    return made


def happens(wiring: Wiring, kind: str, **payload: Any) -> None:
    with unit_of_work(wiring.sessions) as session:
        outbox.emit(session, kind, account_id=ACCOUNT, payload=payload)
