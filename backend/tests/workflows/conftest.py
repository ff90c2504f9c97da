"""A pool with two members, a small catalogue, a workflow of three steps, and hands that do the jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from serversctl.identity.audit import Actor
from serversctl.identity.tables import Account
from serversctl.jobs import service as job_service
from serversctl.jobs.catalogue import HERE, Catalogue, Command
from serversctl.jobs.rules import Danger, Ending
from serversctl.jobs.tables import Job
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import SessionFactory, unit_of_work
from serversctl.kernel.sealed import Sealer
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from serversctl.wiring import Wiring
from serversctl.workflows import jobs as worker
from serversctl.workflows import registry, service
from serversctl.workflows.ports import Definition, Precondition, Skip, StepOrder, StepSpec, Subject, Wait
from serversctl.workflows.tables import Workflow, WorkflowStep
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from support.api import make_wiring

THEN = datetime(2026, 1, 2, tzinfo=UTC)
ANN = Actor("user", UUID(int=7), "ann@example.com")
TEXT = {"type": "string", "title": "Text"}


def command(command_id: str, **traits: Any) -> Command:
    return Command(
        id=command_id, title=command_id, description="", danger=Danger.CHANGE, timeout_sec=60, idempotent=True,
        params={"word": TEXT, "before": TEXT}, **traits,
    )  # fmt: skip


CATALOGUE = Catalogue(
    [command("host.write"), command("host.unwrite"), command("host.reload"), command("pool.note", runs_on=HERE)]
)


class Writing(Definition):
    """Write on the member, note it here, reload. The first two can be taken back."""

    kind = "test.writing"

    def title(self, subject: Subject, params: Mapping[str, Any]) -> str:
        return f"Write {params['word']}"

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        assert subject.member is not None
        where = subject.member.id
        return [
            StepSpec("write", "Write", "host.write", where, undo=("host.unwrite", {"word": "old"})),
            StepSpec("note", "Note", "pool.note", undo=("pool.note", {"word": "forget"})),
            StepSpec("reload", "Reload", "host.reload", where, no_undo_reason="A reload changes nothing."),
        ]

    def preconditions(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[Precondition]:
        return [Precondition(params.get("word") != "forbidden", "This word is not written.", "Choose another.")]

    def order_of(
        self, session: Session, sealer: Sealer, flow: Workflow, step: WorkflowStep, results: Any
    ) -> StepOrder | Skip | Wait:
        if step.key == "note" and flow.params.get("quiet"):
            return Skip("Nobody wants a note.")
        if step.key == "reload":
            return StepOrder({"before": results["write"]["was"]})
        return StepOrder({"word": flow.params["word"]})


@dataclass
class Bench:
    """`look` is what an event or the sweep does; `finish` is an agent that ends the open job."""

    wiring: Wiring
    pool: Pool
    member: Member

    @property
    def sessions(self) -> SessionFactory:
        return self.wiring.sessions

    def start(self, word: str = "hello", **how: Any) -> UUID:
        with unit_of_work(self.sessions) as session:
            params = {"word": word, **how.pop("params", {})}
            return service.start(
                session, "test.writing", pool=self.pool, member=self.member, params=params, actor=ANN, **how
            ).id

    def look(self, flow_id: UUID) -> Workflow:
        worker.advance(self.wiring, flow_id)
        return self.flow(flow_id)

    def flow(self, flow_id: UUID) -> Workflow:
        with unit_of_work(self.sessions) as session:
            return session.get_one(Workflow, flow_id)

    def steps(self, flow_id: UUID) -> dict[str, WorkflowStep]:
        with unit_of_work(self.sessions) as session:
            return {step.key: step for step in service.steps_of(session, flow_id)}

    def states(self, flow_id: UUID) -> list[str]:
        return [step.state for step in self.steps(flow_id).values()]

    def jobs(self) -> list[Job]:
        with unit_of_work(self.sessions) as session:
            return list(session.scalars(select(Job).order_by(Job.created_at, Job.id)))

    def open_job(self) -> Job:
        (found,) = [job for job in self.jobs() if job.state in {"pending", "running"}]
        return found

    def finish(self, ending: Ending = Ending.COMPLETED, error: str | None = None, **result: Any) -> Job:
        job = self.open_job()
        with unit_of_work(self.sessions) as session:
            if job.state == "pending":
                job_service.claim(session, job.id, job.member_id, runs_on=job.runs_on)
            attempt = session.get_one(Job, job.id).attempt
            report = job_service.Report(ending, result=result, error=error)
            job_service.complete(session, job.id, job.member_id, attempt, report)
        return job

    def run(self, flow_id: UUID) -> Workflow:
        """To its end, every job a success."""
        for _ in range(20):
            if self.look(flow_id).state not in {"running", "undoing"}:
                return self.flow(flow_id)
            self.finish(was="before")
        raise AssertionError("it does not end")

    def do(self, action: Any, flow_id: UUID) -> Any:
        with unit_of_work(self.sessions) as session:
            flow = service.flow_of_account(session, self.pool.account_id, flow_id, lock=True)
            return action(session, flow, ANN)


@pytest.fixture(autouse=True)
def writing() -> Iterator[None]:
    registry.kinds()
    registry.register(Writing())
    yield
    registry._KINDS.pop("test.writing")


@pytest.fixture
def bench(engine: Engine) -> Bench:
    wiring = make_wiring(engine, SystemClock())
    wiring.hooks["jobs_catalogue"] = lambda: CATALOGUE
    wiring.hooks["member_facts"] = lambda _member_id: None
    with unit_of_work(wiring.sessions) as session:
        account = Account(name="Example", created_at=THEN)
        session.add(account)
        session.flush()
        pool = Pool(account_id=account.id, name="edge", template="haproxy", created_at=THEN)
        session.add(pool)
        session.flush()
        return Bench(wiring, pool, a_member(session, pool, "lb1.example.com"))


def a_member(session: Session, pool: Pool, hostname: str) -> Member:
    member = Member(
        account_id=pool.account_id, pool_id=pool.id, hostname=hostname, display_name=hostname, template="haproxy_edge",
        linux_family="debian", allowed_ips=["192.0.2.1"], public_ips=[], created_at=THEN,
        secret_hash=hostname.ljust(64, "0"),
    )  # fmt: skip
    session.add(member)
    session.flush()
    return member
