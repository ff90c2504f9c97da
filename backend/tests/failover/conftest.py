"""An account with a pool of three members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from serversctl.failover.ports import DnsFacts, LeaseHeld, PoolRow, Promotion
from serversctl.failover.rules.view import Policy, PoolView, Standing
from serversctl.failover.rules.warnings import Report
from serversctl.failover.service import leases
from serversctl.failover.service.rows import pool_rows
from serversctl.failover.store import SqlStore
from serversctl.failover.tables import FailoverSettings
from serversctl.identity.tables import Account
from serversctl.kernel.db import SessionFactory, database_now, unit_of_work
from serversctl.kernel.ids import new_id
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.api import Api, make_api
from support.liveness import FakeLiveness

PAST = datetime(2026, 1, 1, tzinfo=UTC)


def standing(name: str = "a", **changed: Any) -> Standing:
    """A member in good standing; tests change the one thing that they are about."""
    number = UUID(int=ord(name[0]))
    traits: dict[str, Any] = {
        "member_id": number, "name": name, "addresses": {"A": (f"198.18.0.{ord(name[0])}",)}, "age_sec": 0.5,
        "proof_age_sec": 0.5, "silence_sec": 0.5, "run_sec": 100.0, "haproxy_monitored": True, "haproxy_active": True,
    }  # fmt: skip
    return Standing(**{**traits, **changed})


def dead(name: str = "a", silent_sec: float = 60.0, **changed: Any) -> Standing:
    return standing(
        name, age_sec=silent_sec, proof_age_sec=silent_sec, silence_sec=silent_sec, run_sec=100.0, **changed
    )


def view(*members: Standing, active: Standing | None = None, policy: Policy | None = None, **changed: Any) -> PoolView:
    """A pool whose first member is active."""
    traits: dict[str, Any] = {
        "pool_id": UUID(int=1), "account_id": UUID(int=2), "name": "edge", "haproxy": True, "epoch": 1,
        "active_id": (active or members[0]).member_id, "policy": policy or Policy(auto=True, recovery_sec=30),
        "members": members,
    }  # fmt: skip
    return PoolView(**{**traits, **changed})


@dataclass
class House:
    """Rows to begin with, and the calls that most tests make."""

    sessions: SessionFactory
    store: SqlStore
    account_id: UUID
    pool_id: UUID
    members: list[UUID] = field(default_factory=list)

    def row(self) -> PoolRow:
        with unit_of_work(self.sessions) as session:
            return pool_rows(session, database_now(session), [self.pool_id])[self.pool_id]

    def pool(self) -> Pool:
        with unit_of_work(self.sessions) as session:
            found = session.get(Pool, self.pool_id)
            assert found is not None
            return found

    def lease(self, holder: str = "one") -> LeaseHeld:
        with unit_of_work(self.sessions) as session:
            from serversctl.failover.service import leases

            taken = leases.acquire(session, "failover", holder, 60.0)
        assert taken is not None
        return taken

    def promote(self, order: Promotion, lease: LeaseHeld) -> UUID | None:
        return self.store.promote(order, lease, lambda: None)

    def order(self, to: int = 1, **changed: Any) -> Promotion:
        pool = self.pool()
        traits: dict[str, Any] = {
            "pool_id": self.pool_id, "account_id": self.account_id, "expected_active": pool.active_member_id,
            "expected_epoch": pool.epoch, "to": self.members[to], "addresses": {"A": (f"198.51.100.{to + 1}",)},
            "kind": "automatic", "reason": "silent", "sentences": ["a was silent for 31.0 s."], "evidence": {},
        }  # fmt: skip
        return Promotion(**{**traits, **changed})

    def all(self, table: type[Any], **where: Any) -> list[Any]:
        with unit_of_work(self.sessions) as session:
            return list(session.query(table).filter_by(**where))

    def change(self, act: Callable[[Session], Any]) -> Any:
        with unit_of_work(self.sessions) as session:
            return act(session)


def build(sessions: SessionFactory, *, members: int = 3, auto: bool = True, template: str = "haproxy") -> House:
    """Account, pool and members; the first is active."""
    with unit_of_work(sessions) as session:
        account = Account(id=new_id(), name="Acme", created_at=PAST)
        session.add(account)
        session.flush()
        pool = Pool(id=new_id(), account_id=account.id, name="edge", template=template, created_at=PAST)
        session.add(pool)
        session.flush()
        made = [
            Member(
                account_id=account.id, pool_id=pool.id, hostname=f"lb{n}.example.net", display_name=f"lb{n}",
                template="haproxy_edge", linux_family="debian", allowed_ips=[f"198.51.100.{n}"], public_ips=[],
                secret_hash=f"{account.id.hex}{n}", created_at=PAST, first_seen_at=PAST,
            )
            for n in range(1, members + 1)
        ]  # fmt: skip
        session.add_all(made)
        session.add(FailoverSettings(pool_id=pool.id, account_id=account.id, auto=auto))
        session.flush()
        pool.active_member_id = made[0].id
        return House(sessions, SqlStore(sessions), account.id, pool.id, [member.id for member in made])


@pytest.fixture
def house(sessions: SessionFactory) -> House:
    return build(sessions)


@dataclass
class Site:
    """A pool with three beating members, watched by a monitor that reports good weather."""

    api: Api
    pool_id: UUID
    members: list[UUID]
    liveness: FakeLiveness
    reports: dict[UUID, Report]

    @property
    def path(self) -> str:
        return f"/api/pools/{self.pool_id}/failover"

    def beat(self, seconds: int = 12, *numbers: int) -> None:
        for _ in range(seconds):
            self.liveness.at += 1.0
            self.liveness.canary = self.liveness.at
            for number in numbers or (0, 1, 2):
                self.liveness.hear(self.members[number])

    def monitor_says(self, **status: Any) -> None:
        good = {"blackout": None, "floor": 0.0, "goodSince": 0.0, "lockDelaySec": 0.0, "mass": None, "votes": {}}
        with unit_of_work(self.api.wiring.sessions) as session:
            lease = leases.acquire(session, "failover", "one", 60.0)
            assert lease is not None
            leases.renew(session, lease, 60.0, {**good, **status})

    def call(self, method: str, path: str = "", body: Any = None, *, role: str = "operator") -> Any:
        return self.api.client_as(role).open(self.path + path, method=method, json=body)


@pytest.fixture
def site(engine: Engine, clock: Any) -> Site:
    api = make_api(engine, clock, outbound_allow=(ip_network("198.51.100.0/24"),))
    liveness = FakeLiveness()
    api.wiring.hooks["liveness"] = lambda: liveness
    account = api.mine.account_id
    with unit_of_work(api.wiring.sessions) as session:
        pool = Pool(account_id=account, name="edge", template="haproxy", created_at=PAST)
        session.add(pool)
        session.flush()
        members = [
            Member(
                account_id=account, pool_id=pool.id, hostname=f"lb{n}.example.net", display_name=f"lb{n}",
                template="haproxy_edge", linux_family="debian", allowed_ips=[f"198.51.100.{n}"], public_ips=[],
                secret_hash=f"{n}", created_at=PAST, first_seen_at=PAST,
            )
            for n in (1, 2, 3)
        ]  # fmt: skip
        session.add_all(members)
        session.flush()
        pool.active_member_id = members[0].id
        made = Site(api, pool.id, [member.id for member in members], liveness, {})
    api.wiring.hooks["host_reports"] = lambda: SimpleNamespace(latest_agent=7, of=lambda _ids: made.reports)
    api.wiring.hooks["dns_facts"] = lambda: {made.pool_id: DnsFacts(internal=True)}
    made.monitor_says()
    made.beat()
    return made
