"""One account with a pool, two members, and a small catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from flask import Flask
from serversctl.identity.audit import Actor
from serversctl.identity.service.tokens import mint_token
from serversctl.identity.tables import Account, User
from serversctl.jobs import service
from serversctl.jobs.catalogue import Catalogue, Command
from serversctl.jobs.rules import Danger
from serversctl.jobs.tables import Job
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import SessionFactory, unit_of_work
from serversctl.kernel.ids import new_id
from serversctl.kernel.sealed import Sealer
from serversctl.kernel.settings import Settings
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from serversctl.web.app import create_app
from serversctl.wiring import Wiring
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session
from support.servers.redis import Redis
from werkzeug.test import TestResponse

PAST = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "ab" * 24
ANN = Actor("user", UUID(int=7), "ann@example.com")


def a_command(command_id: str = "haproxy.reload", **changed: Any) -> Command:
    traits: dict[str, Any] = {
        "title": "Reload HAProxy", "description": "Checks the configuration and reloads.", "danger": Danger.CHANGE,
        "timeout_sec": 60, "idempotent": True, "resource": "haproxy",
    }  # fmt: skip
    return Command(id=command_id, **{**traits, **changed})


@dataclass
class House:
    """What most tests of jobs begin with."""

    sessions: SessionFactory
    account_id: UUID
    pool: Pool
    member: Member
    other: Member

    def order(self, command: Command | None = None, *, member: Member | None = None, **how: Any) -> UUID:
        with unit_of_work(self.sessions) as session:
            made = service.order(
                session, command=command or a_command(), params=how.pop("params", {}), actor=how.pop("actor", ANN),
                pool=self.pool, member=member or self.member, **how,
            )  # fmt: skip
            return made.job.id

    def do(self, action: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with unit_of_work(self.sessions) as session:
            return action(session, *args, **named)

    def job(self, job_id: UUID) -> Job:
        with unit_of_work(self.sessions) as session:
            found = service.get_job(session, job_id)
            assert found is not None
            return found

    def claim(self, job_id: UUID, member: Member | None = None) -> service.Claimed:
        claimed: service.Claimed = self.do(service.claim, job_id, (member or self.member).id)
        return claimed

    def lease_runs_out(self, job_id: UUID) -> None:
        self.change(job_id, lease_until=PAST)

    def change(self, job_id: UUID, **values: Any) -> None:
        self.do(lambda session: session.execute(update(Job).where(Job.id == job_id).values(values)))

    def backoff_passes(self, job_id: UUID) -> None:
        self.change(job_id, not_before=PAST)


def a_member(session: Session, pool: Pool, hostname: str, secret: str) -> Member:
    member = Member(
        account_id=pool.account_id, pool_id=pool.id, hostname=hostname, display_name=hostname, template="haproxy_edge",
        linux_family="debian", allowed_ips=["192.0.2.1"], public_ips=[], created_at=PAST,
        secret_hash=sha256(secret.encode()).hexdigest(),
    )  # fmt: skip
    session.add(member)
    session.flush()
    return member


@pytest.fixture
def house(sessions: SessionFactory) -> House:
    with unit_of_work(sessions) as session:
        account = Account(id=new_id(), name="Example", created_at=PAST)
        session.add(account)
        session.flush()
        pool = Pool(account_id=account.id, name="edge", template="haproxy", created_at=PAST)
        session.add(pool)
        session.flush()
        member = a_member(session, pool, "lb1.example.com", SECRET)
        other = a_member(session, pool, "lb2.example.com", "cd" * 24)
        return House(sessions, account.id, pool, member, other)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    with Redis.start() as server:
        yield server


@dataclass
class Wire:
    """The HTTP side: an operator with a token, and agents with their secrets."""

    app: Flask
    house: House
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        given = {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.app.test_client().open(path, method=method, json=body, headers=given)

    def agent(self, call: str, body: Any, *, secret: str = SECRET, address: str = "192.0.2.1") -> TestResponse:
        return self.app.test_client().post(
            f"/api/agents/jobs/{call}", json=body, headers={"Authorization": f"Bearer {secret}"},
            environ_base={"REMOTE_ADDR": address},
        )  # fmt: skip

    def order(self, command: str = "haproxy.reload", **params: Any) -> str:
        answer = self.ask("POST", f"/api/members/{self.house.member.id}/jobs", {"command": command, "params": params})
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["id"])


CATALOGUE = [
    a_command(),
    a_command("haproxy.server_drain", resource="haproxy", applies={"stack": "haproxy"}, params={
        "backend": {"type": "string", "title": "Backend", "required": True, "pattern": "[A-Za-z0-9_.:-]{1,64}"},
        "server": {"type": "string", "title": "Server", "required": True, "pattern": "[A-Za-z0-9_.:-]{1,64}"},
        "graceSec": {"type": "integer", "title": "Grace", "min": 0, "max": 600, "default": 30},
        "force": {"type": "boolean", "title": "Force"},
        "mode": {"type": "string", "title": "Mode", "choices": ["soft", "hard"]},
    }),
    a_command("host.reboot", danger=Danger.DANGEROUS, idempotent=False, resource="host"),
    a_command("agent.rotate_secret", resource="agent"),
    a_command("facts.read", danger=Danger.READ, resource=None),
]  # fmt: skip


@pytest.fixture
def wire(house: House, engine: Engine, redis_server: Redis, tmp_path: Path) -> Wire:
    redis_server.flush()
    settings = Settings(data_dir=tmp_path, redis_url=redis_server.url, secret_key="k" * 32)
    clock = SystemClock()
    wiring = Wiring(
        settings=settings, engine=engine, sessions=house.sessions, redis=redis.Redis.from_url(redis_server.url),
        sealer=Sealer(settings.secret_key), clock=clock,
    )  # fmt: skip
    wiring.hooks["jobs_catalogue"] = lambda: Catalogue(CATALOGUE)
    return Wire(create_app(wiring), house, a_token(house, "owner", clock.now()))


def a_token(house: House, role: str, now: datetime, email: str = "ann@example.com") -> str:
    with unit_of_work(house.sessions) as session:
        user = User(account_id=house.account_id, email=email, role=role, password_hash="-", created_at=now)
        session.add(user)
        session.flush()
        return mint_token(session, user, name="t", scopes=[], expires_at=None, now=now, by=ANN)[1]
