"""An account with a pool and enrolled members, and heartbeats through the real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import redis
from serversctl.heartbeats.latest import LatestFacts, RedisLiveness
from serversctl.heartbeats.replica import Replica
from serversctl.heartbeats.service import Ordinary, accept
from serversctl.identity.audit import SYSTEM
from serversctl.identity.tables import Account
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import SessionFactory, unit_of_work
from serversctl.members import service as members
from serversctl.members.tables import Member
from serversctl.pools.service import create_pool
from serversctl.pools.tables import Pool
from sqlalchemy.orm import Session

SECRET_KEY = "a key for tests only, 0123456789abcdef"
SOURCE = "203.0.113.10"


class Ticker:
    """The intake's own clock, moved by tests."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Fleet:
    """One pool. `replica` is a web process' intake without its threads: tests flush and refresh by hand."""

    sessions: SessionFactory
    redis: redis.Redis
    account_id: UUID
    pool_id: UUID
    replica: Replica
    ticker: Ticker
    secrets: dict[UUID, str] = field(default_factory=dict)
    seq: int = 0

    @property
    def liveness(self) -> RedisLiveness:
        return RedisLiveness(self.redis)

    @property
    def facts(self) -> LatestFacts:
        return LatestFacts(self.redis)

    @contextmanager
    def work(self) -> Iterator[Session]:
        with unit_of_work(self.sessions) as session:
            yield session

    def enrol(self, hostname: str = "lb1.example.com", **how: Any) -> UUID:
        with self.work() as session:
            pool = session.get_one(Pool, self.pool_id)
            made = members.create_member(
                session, pool, SYSTEM,
                **{"hostname": hostname, "allowed_ips": [SOURCE], "template": "haproxy_edge", "linux_family": "debian", **how},
            )  # fmt: skip
            self.secrets[made.member.id] = made.secret
        self.replica.refresh()
        return made.member.id

    def member(self, member_id: UUID) -> Member:
        with self.work() as session:
            return session.get_one(Member, member_id)

    def new_replica(self) -> Replica:
        """Another web process on the same store."""
        made = Replica(
            secret_key=SECRET_KEY, sessions=self.sessions, redis=self.redis, latest_version=7, monotonic=self.ticker
        )
        made.refresh()
        return made

    def beat(
        self,
        member_id: UUID,
        *,
        replica: Replica | None = None,
        source: str | None = SOURCE,
        secret: str | None = None,
        ordinary: bool = True,
        flush: bool = True,
        paced: bool = False,
        **body: Any,
    ) -> dict[str, Any]:
        """One heartbeat, flushed. Raises what the gate would refuse with."""
        replica = replica or self.replica
        if not paced:
            replica.intake.directory.by_id[str(member_id)].live.in_second = 0
        self.seq += 1
        said = {"hostname": "lb1.example.com", "bootId": "boot-1", "seq": self.seq, **body}
        if "hostname" not in body:
            said["hostname"] = self.member(member_id).hostname
        raw = json.dumps(said).encode()
        header = f"Bearer {secret or self.secrets[member_id]}"
        answer = accept(replica.intake, header, source, raw)
        if answer is None and ordinary:
            with self.work() as session:
                answer = accept(replica.intake, header, source, raw, ordinary=Ordinary(session, None))
        if flush:
            replica.coalescer.flush()
        assert answer is not None, "the gate passed it on"
        value: dict[str, Any] = json.loads(answer)
        return value


def make_fleet(sessions: SessionFactory, client: redis.Redis, account_id: UUID | None = None) -> Fleet:
    """A fleet in a new account, or in this one."""
    with unit_of_work(sessions) as session:
        if account_id is None:
            account = Account(name="Example", created_at=SystemClock().now())
            session.add(account)
            session.flush()
            account_id = account.id
        pool = create_pool(session, account_id, SYSTEM, name="edge", template="haproxy")
        ids = account_id, pool.id
    ticker = Ticker()
    replica = Replica(secret_key=SECRET_KEY, sessions=sessions, redis=client, latest_version=7, monotonic=ticker)
    replica.coalescer.flush()
    return Fleet(sessions, client, ids[0], ids[1], replica, ticker)
