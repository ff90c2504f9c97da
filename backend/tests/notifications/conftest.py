"""An account with an owner and a pool, a mail server, and a worker whose queue runs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from serversctl.kernel import outbox
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.members.tables import Member
from serversctl.notifications.tables import Delivery
from serversctl.pools.tables import Pool
from serversctl.wiring import Wiring
from serversctl.worker.drain import drain
from serversctl.worker.rooms import Rooms
from sqlalchemy import Engine, select, update
from support.api import make_tenant, make_wiring
from support.servers.smtp import Smtp

PAST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    with Smtp.start() as server:
        yield server


@dataclass
class Post:
    """What most tests of notifications begin with."""

    wiring: Wiring
    rooms: Rooms
    account_id: UUID
    pool: Pool
    members: list[Member]

    def happens(self, kind: str, *, member: Member | None = None, dedupe: str | None = None, **payload: Any) -> None:
        with unit_of_work(self.wiring.sessions) as session:
            outbox.emit(
                session, kind, account_id=self.account_id, pool_id=self.pool.id, dedupe=dedupe,
                member_id=member.id if member else None, payload=payload,
            )  # fmt: skip

    def work(self) -> None:
        """One turn of the worker: the outbox, then what is due."""
        drain(self.wiring, self.rooms)
        self.rooms.tasks["queue_due"](self.wiring)

    def deliveries(self) -> list[Delivery]:
        with unit_of_work(self.wiring.sessions) as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.created_at)))

    def pause_passes(self) -> None:
        with unit_of_work(self.wiring.sessions) as session:
            session.execute(update(Delivery).where(Delivery.state == "waiting").values(next_try_at=PAST))


MakePost = Callable[..., Post]


@pytest.fixture
def make_post(engine: Engine) -> MakePost:
    def make(**settings: Any) -> Post:
        from serversctl.notifications import jobs

        wiring = make_wiring(engine, SystemClock(), public_url="https://panel.example.com", **settings)
        account_id = make_tenant(wiring, "mine").account_id
        with unit_of_work(wiring.sessions) as session:
            pool = Pool(account_id=account_id, name="edge", template="haproxy", created_at=PAST)
            session.add(pool)
            session.flush()
            members = [a_member(pool, name, number) for number, name in enumerate(["lb1", "lb2"])]
            session.add_all(members)
        rooms = Rooms()
        rooms.add(jobs)
        rooms.tasks["queue_due"] = jobs.queue_due
        wiring.hooks["enqueue"] = lambda task, *args, **_how: rooms.tasks[task](wiring, *args)
        return Post(wiring, rooms, account_id, pool, members)

    return make


def a_member(pool: Pool, name: str, number: int) -> Member:
    return Member(
        account_id=pool.account_id, pool_id=pool.id, hostname=f"{name}.example.com", display_name=name,
        template="haproxy_edge", linux_family="debian", allowed_ips=[], public_ips=[], created_at=PAST,
        secret_hash=f"{number:064x}",
    )  # fmt: skip


@pytest.fixture
def post(make_post: MakePost, smtp: Smtp) -> Post:
    return make_post(smtp_url=f"{smtp.url}?from=panel@example.com")
