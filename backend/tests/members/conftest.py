"""The API of members on a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from serversctl.kernel.clock import SystemClock
from sqlalchemy import Engine
from support.api import Api, make_app, make_tenant, make_wiring
from support.servers.redis import Redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis.start() as server:
        yield server


@pytest.fixture
def api(engine: Engine, redis_server: Redis, tmp_path: Path) -> Api:
    redis_server.flush()
    wiring = make_wiring(engine, SystemClock(), data_dir=tmp_path, redis_url=redis_server.url)
    wiring.redis = redis.Redis.from_url(redis_server.url, socket_timeout=2)
    app = make_app(wiring)
    return Api(app, wiring, mine=make_tenant(wiring, "mine"), theirs=make_tenant(wiring, "theirs"))
