"""A real Redis, and a fleet on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import SessionFactory
from sqlalchemy import Engine
from support.api import Api, make_app, make_tenant, make_wiring
from support.fleet import Fleet, make_fleet
from support.servers.redis import Redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis.start() as server:
        yield server


@pytest.fixture
def store(redis_server: Redis) -> redis.Redis:
    if not redis_server.running():
        redis_server.restart()
    redis_server.flush()
    return redis.Redis.from_url(redis_server.url, socket_timeout=2)


@pytest.fixture
def fleet(sessions: SessionFactory, store: redis.Redis) -> Fleet:
    made = make_fleet(sessions, store)
    # As right after a look at the database: an unknown secret is refused instead of being asked for once more.
    made.replica.intake.may_look_again = lambda _at: False  # type: ignore[method-assign]
    return made


@pytest.fixture
def api(engine: Engine, store: redis.Redis) -> Api:
    """The app on the same store; `make_fleet(…, account_id=api.mine.account_id)` puts members into its account."""
    wiring = make_wiring(engine, SystemClock())
    wiring.redis = store
    return Api(make_app(wiring), wiring, mine=make_tenant(wiring, "mine"), theirs=make_tenant(wiring, "theirs"))
