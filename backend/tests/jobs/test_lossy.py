"""Jobs over a line that loses and doubles everything: one effect each, and the truth in the end (J1, J3)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from serversctl.jobs import service
from serversctl.jobs.rules import Ending, State
from serversctl.jobs.tables import Job, JobAttempt
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.errors import Conflict, NotFound
from sqlalchemy import func, select, update

from .conftest import PAST, House, a_command


class Lost(Exception):
    """The request or its answer did not arrive."""


@dataclass
class Line:
    """Loses one in five requests before, and one in five answers after they had their effect."""

    chance: random.Random
    lost: int = 0

    def call(self, action: Any) -> Any:
        if self.chance.random() < 0.2:
            self.lost += 1
            raise Lost
        answer = action()
        if self.chance.random() < 0.2:
            self.lost += 1
            raise Lost
        return answer


@dataclass
class Agent:
    """What the real agent promises: a journal of (job, attempt), written before the first effect."""

    house: House
    line: Line
    journal: dict[tuple[UUID, int], service.Report | None] = field(default_factory=dict)
    effects: dict[UUID, int] = field(default_factory=dict)
    acknowledged: set[tuple[UUID, int]] = field(default_factory=set)

    def take(self, session: Any, job_id: UUID) -> None:
        member = self.house.member.id
        try:
            claimed = self.line.call(lambda: service.claim(session, job_id, member))
        except (Lost, Conflict):
            return
        key = (job_id, claimed.job.attempt)
        if key not in self.journal:
            self.journal[key] = None
            self.effects[job_id] = self.effects.get(job_id, 0) + 1
            self.journal[key] = service.Report(Ending.COMPLETED, exit_code=0, result={"job": str(job_id)})

    def report(self, session: Any) -> None:
        for key, report in self.journal.items():
            if report is None or key in self.acknowledged:
                continue
            job_id, attempt = key
            try:
                self.line.call(lambda: service.complete(session, job_id, self.house.member.id, attempt, report))  # noqa: B023
            except Lost:
                continue
            except (Conflict, NotFound):
                pass
            self.acknowledged.add(key)


def leases_run_out(session: Any) -> None:
    session.execute(update(Job).where(Job.lease_until.is_not(None)).values(lease_until=PAST))
    session.execute(update(Job).where(Job.not_before.is_not(None)).values(not_before=None))


def many_orders(house: House, how_many: int, *, idempotent: bool) -> None:
    """The same order many times over, put in without the limits that protect people from themselves."""
    first = house.job(house.order(a_command(resource=None, idempotent=idempotent)))
    same = {column.key: getattr(first, column.key) for column in Job.__table__.columns if column.key != "id"}
    with unit_of_work(house.sessions) as session:
        session.add_all(Job(**same) for _ in range(how_many - 1))


@pytest.mark.parametrize(("how_many", "idempotent"), [(1000, False), (100, True)])
def test_jobs_through_a_lossy_line_have_one_effect_each(
    house: House, how_many: int, idempotent: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("serversctl.jobs.service.sweeping.BATCH", how_many)
    for place in ("claiming", "ending"):  # the news are another test's
        monkeypatch.setattr(f"serversctl.jobs.service.{place}.tell", lambda *_: None)
    agent = Agent(house, Line(random.Random(7)))
    many_orders(house, how_many, idempotent=idempotent)

    for _ in range(40):
        with unit_of_work(house.sessions) as session:
            open_ids = session.scalars(select(Job.id).where(Job.state == State.PENDING)).all()
            for job_id in open_ids:
                agent.take(session, job_id)
            agent.report(session)
            leases_run_out(session)
            service.sweep(session, random.Random(1))
            done = session.scalar(select(func.count()).where(Job.state == State.COMPLETED))
        if done == how_many:
            break

    with unit_of_work(house.sessions) as session:
        states = dict(session.execute(select(Job.state, func.count()).group_by(Job.state)).all())  # type: ignore[arg-type]
        attempts = session.scalar(select(func.count()).select_from(JobAttempt))
    assert agent.line.lost > how_many // 3
    assert states == {"completed": how_many}
    assert set(agent.effects.values()) == {1}
    assert attempts == how_many
