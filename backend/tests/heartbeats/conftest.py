"""A real Redis, and a fleet on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from serversctl.kernel.db import SessionFactory
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
