"""Ways to call the API in tests: as each role, as another tenant, with a token, as nobody.

def test_viewers_read_pools(api: Api) -> None:
    assert api.client_as("viewer").get("/api/pools").status_code == 200
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import redis
from flask import Flask
from flask.testing import FlaskClient
from serversctl.identity import passwords
from serversctl.identity.audit import SYSTEM
from serversctl.identity.rules import Role
from serversctl.identity.service import mint_token
from serversctl.identity.service.signin import start_session
from serversctl.identity.tables import Account, Installation, User
from serversctl.kernel.clock import Clock
from serversctl.kernel.db import make_sessions, unit_of_work
from serversctl.kernel.sealed import Sealer
from serversctl.kernel.settings import Settings
from serversctl.web.app import create_app
from serversctl.wiring import Wiring
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

PASSWORD = "seven green lamps hum"
SECRET_KEY = "a key for tests only, 0123456789abcdef"
ADDRESS = "198.51.100.7"


@functools.cache
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@functools.cache
def data_dir() -> Path:
    """One folder for all apps of this process; gone with it."""
    folder = tempfile.mkdtemp(prefix="serversctl-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


class Client(FlaskClient):
    """A Flask test client that sends its session's CSRF token or its bearer token by itself."""

    csrf: str | None = None
    bearer: str | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", None) or {})
        if self.csrf:
            headers.setdefault("X-CSRF-Token", self.csrf)
        if self.bearer:
            headers.setdefault("Authorization", f"Bearer {self.bearer}")
        kwargs.setdefault("environ_overrides", {"REMOTE_ADDR": ADDRESS})
        return super().open(*args, headers=headers, **kwargs)


@dataclass
class Tenant:
    """An account with a user of each role."""

    account_id: UUID
    users: dict[str, UUID] = field(default_factory=dict)
    acting: str = "owner"  # the role for which path ids are being made, for objects that belong to one user


@dataclass
class Api:
    """An app over a fresh database, with two tenants that do not know each other."""

    app: Flask
    wiring: Wiring
    mine: Tenant
    theirs: Tenant

    def anonymous(self) -> Client:
        return self.app.test_client()  # type: ignore[return-value]

    def client_as(self, role: str = "owner", *, tenant: Tenant | None = None) -> Client:
        """A browser signed in as the user with this role, fresh enough for dangerous operations."""
        tenant = tenant or self.mine
        with unit_of_work(self.wiring.sessions) as session:
            user = session.get_one(User, tenant.users[role])
            opened = start_session(session, user, self.wiring.clock.now(), address=ADDRESS, user_agent="tests")
        client = self.anonymous()
        client.set_cookie("sctl_session", opened.cookie, domain="localhost")
        client.csrf = client.get("/api/auth/me").get_json()["csrfToken"]
        return client

    def other_tenant(self, role: str = "admin") -> Client:
        return self.client_as(role, tenant=self.theirs)

    def token_client(self, scopes: Iterable[str] = (), *, role: str = "owner", tenant: Tenant | None = None) -> Client:
        """A program with an API token of these scopes, made by the user with this role. No scopes: all."""
        with unit_of_work(self.wiring.sessions) as session:
            user = session.get_one(User, (tenant or self.mine).users[role])
            now = self.wiring.clock.now()
            _, text = mint_token(
                session, user, name="tests", scopes=scopes, expires_at=now + timedelta(days=1), now=now, by=SYSTEM
            )
        client = self.anonymous()
        client.bearer = text
        return client


def make_wiring(engine: Engine, clock: Clock, **settings: Any) -> Wiring:
    """Redis is away unless a test gives a client: what works without it, works."""
    chosen = Settings(**{"tls": "off", "secret_key": SECRET_KEY, "data_dir": data_dir(), **settings})
    return Wiring(
        settings=chosen,
        engine=engine,
        sessions=make_sessions(engine),
        redis=redis.Redis.from_url(f"unix://{data_dir()}/no-redis.sock"),
        sealer=Sealer(chosen.secret_key),
        clock=clock,
    )


def make_tenant(wiring: Wiring, name: str) -> Tenant:
    now = wiring.clock.now()
    with unit_of_work(wiring.sessions) as session:
        account = Account(name=name, created_at=now)
        session.add(account)
        session.flush()
        tenant = Tenant(account.id)
        for role in Role:
            email = f"{role.word}@{name}.example.com"
            user = User(
                account_id=account.id, email=email, role=role.word, password_hash=password_hash(), created_at=now
            )
            session.add(user)
            session.flush()
            tenant.users[role.word] = user.id
        if session.scalar(select(Installation)) is None:
            session.add(Installation(id=1, owned_at=now))
    return tenant


def make_app(wiring: Wiring, *, writes_per_minute: int = 1_000_000) -> Flask:
    app = create_app(wiring, writes_per_minute=writes_per_minute)
    app.test_client_class = Client
    return app


def make_api(engine: Engine, clock: Clock, **settings: Any) -> Api:
    wiring = make_wiring(engine, clock, **settings)
    app = make_app(wiring)
    return Api(app, wiring, mine=make_tenant(wiring, "mine"), theirs=make_tenant(wiring, "theirs"))
