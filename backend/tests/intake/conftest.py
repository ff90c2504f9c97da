"""One running web server with an account, a pool and members, shared by the tests of this folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from uuid import UUID

import pytest
import redis
from conftest import load_every_table
from serversctl.identity.audit import SYSTEM
from serversctl.identity.service import mint_token
from serversctl.identity.tables import Account, Installation, User
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import Base, SessionFactory, make_engine, make_sessions, unit_of_work
from serversctl.members import service as members
from serversctl.pools.service import create_pool
from serversctl.pools.tables import Pool
from support.servers.control_plane import ControlPlaneWeb
from support.servers.redis import Redis

SECRET_KEY = "a key for tests only, 0123456789abcdef"


@dataclass
class Ground:
    """What stands behind the server."""

    database_url: str
    sessions: SessionFactory
    redis_server: Redis
    store: redis.Redis
    account_id: UUID
    pool_id: UUID
    token: str
    secrets: dict[str, str]
    ids: dict[str, UUID]

    def enrol(self, hostname: str, *allowed: str) -> str:
        with unit_of_work(self.sessions) as session:
            made = members.create_member(
                session, session.get_one(Pool, self.pool_id), SYSTEM, hostname=hostname,
                allowed_ips=allowed or ["127.0.0.1"], template="haproxy_edge", linux_family="debian",
            )  # fmt: skip
        self.secrets[hostname], self.ids[hostname] = made.secret, made.member.id
        return made.secret

    def web(self, **settings: str) -> ControlPlaneWeb:
        return ControlPlaneWeb.start(
            database_url=self.database_url, redis_url=self.redis_server.url, secret_key=SECRET_KEY, **settings
        )


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Ground]:
    load_every_table()
    if os.environ.get("TEST_DATABASE", "sqlite") == "postgresql":
        url = request.getfixturevalue("module_postgres")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('db') / 'test.db'}"
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    sessions, now = make_sessions(engine), SystemClock().now()
    with unit_of_work(sessions) as session:
        account = Account(name="Example", created_at=now)
        session.add_all([account, Installation(id=1, owned_at=now)])
        session.flush()
        user = User(account_id=account.id, email="ann@example.com", role="owner", password_hash="-", created_at=now)
        session.add(user)
        session.flush()
        token = mint_token(session, user, name="t", scopes=[], expires_at=None, now=now, by=SYSTEM)[1]
        pool = create_pool(session, account.id, SYSTEM, name="edge", template="haproxy")
        ids = account.id, pool.id
    with Redis.start() as server:
        made = Ground(url, sessions, server, redis.Redis.from_url(server.url), *ids, token, {}, {})
        for number in range(4):
            made.enrol(f"lb{number}.example.com")
        yield made
    engine.dispose()


@pytest.fixture(scope="module")
def module_postgres(postgres_server: Any) -> Iterator[str]:
    with postgres_server.fresh_database() as url:
        yield url


@pytest.fixture(scope="module")
def web(ground: Ground) -> Iterator[ControlPlaneWeb]:
    with ground.web() as server:
        yield server


class Agent:
    """A kept-alive connection, like an agent's."""

    def __init__(self, server: ControlPlaneWeb, secret: str, hostname: str, **headers: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        self.hostname = hostname
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    def send(self, raw: Any = None, *, headers: dict[str, str] | None = None, **body: Any) -> tuple[HTTPResponse, Any]:
        data = json.dumps({"hostname": self.hostname, **body}).encode() if raw is None else raw
        self.connection.request("POST", "/api/agents/heartbeat", data, self.headers | (headers or {}))
        answer = self.connection.getresponse()
        return answer, json.loads(answer.read() or b"null")


@pytest.fixture
def agent(web: ControlPlaneWeb, ground: Ground) -> Agent:
    return Agent(web, ground.secrets["lb0.example.com"], "lb0.example.com")
