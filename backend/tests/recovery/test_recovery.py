"""Recovery over HTTP, the worker's moves, and hands that do the agents' jobs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from serversctl.backups.tables import Snapshot
from serversctl.identity.audit import SYSTEM
from serversctl.identity.tables import Account
from serversctl.jobs import jobs as own_jobs
from serversctl.jobs import service as job_service
from serversctl.jobs.catalogue import load
from serversctl.jobs.ports import MemberFacts
from serversctl.jobs.rules import Ending
from serversctl.jobs.tables import Job
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.members.tables import Member
from serversctl.pools.service import create_pool
from serversctl.pools.tables import Pool
from serversctl.recovery import commands
from serversctl.workflows import jobs as worker
from serversctl.workflows.tables import Workflow
from sqlalchemy import Engine, select, update
from support.api import Api, make_api
from werkzeug.test import TestResponse

THEN = datetime(2026, 1, 2, tzinfo=UTC)
SCOPES = [{"id": "main_config", "title": "Main", "files": 1, "bytes": 9}, {"id": "certificates", "title": "C", "files": 1, "bytes": 9}]  # fmt: skip


@dataclass
class Site:
    """A pool: `old` is active and has a snapshot, `new` is the standby. `finish` is an agent or the worker."""

    api: Api
    pool_id: UUID
    old: UUID
    new: UUID
    snapshot_id: UUID

    def work(self) -> Any:
        return unit_of_work(self.api.wiring.sessions)

    def ask(self, way: str, *, role: str = "admin", **changed: Any) -> TestResponse:
        body = {"targetMemberId": str(self.new), "snapshotId": str(self.snapshot_id), **changed}
        if way != "drill":
            body.setdefault("confirm", "new.example.com")
        return self.api.client_as(role).post(f"/api/pools/{self.pool_id}/disaster-recovery/{way}", json=body)

    def begin(self, way: str, **changed: Any) -> UUID:
        answer = self.ask(way, **changed)
        assert answer.status_code == 202, answer.text
        return UUID(answer.get_json()["id"])

    def look(self, flow_id: UUID) -> Workflow:
        worker.advance(self.api.wiring, flow_id)
        with self.work() as session:
            return session.get_one(Workflow, flow_id)

    def jobs(self) -> list[Job]:
        with self.work() as session:
            return list(session.scalars(select(Job).order_by(Job.created_at, Job.id)))

    def finish(self, ending: Ending = Ending.COMPLETED, error: str | None = None, **result: Any) -> Job:
        (job,) = [job for job in self.jobs() if job.state in {"pending", "running"}]
        with self.work() as session:
            job_service.claim(session, job.id, job.member_id, runs_on=job.runs_on)
            attempt = session.get_one(Job, job.id).attempt
            report = job_service.Report(ending, result=result, error=error)
            job_service.complete(session, job.id, job.member_id, attempt, report)
        return job

    def change(self, model: Any, **values: Any) -> None:
        with self.work() as session:
            session.execute(update(model).values(values))


@pytest.fixture
def site(engine: Engine) -> Site:
    return a_site(make_api(engine, SystemClock()))


def a_site(api: Api) -> Site:
    catalogue = load("")
    api.wiring.hooks["jobs_catalogue"] = lambda: catalogue
    facts = MemberFacts(7, "debian", frozenset({"haproxy"}), frozenset(one.id for one in catalogue))
    api.wiring.hooks["member_facts"] = lambda _member_id: facts
    with unit_of_work(api.wiring.sessions) as session:
        pool = create_pool(session, api.mine.account_id, SYSTEM, name="edge", template="haproxy")
        old, new = (_member(session, pool, f"{name}.example.com") for name in ("old", "new"))
        pool.active_member_id = old
        snapshot = Snapshot(
            account_id=pool.account_id, pool_id=pool.id, member_id=old, member_name="old.example.com", kind="haproxy",
            state="complete", job_id=old, attempt=1, key_generation=1, scopes=SCOPES, created_at=THEN,
        )  # fmt: skip
        session.add(snapshot)
        session.flush()
        return Site(api, pool.id, old, new, snapshot.id)


def _member(session: Any, pool: Pool, hostname: str) -> UUID:
    member = Member(
        account_id=pool.account_id, pool_id=pool.id, hostname=hostname, display_name=hostname, template="haproxy_edge",
        linux_family="debian", allowed_ips=["192.0.2.1"], public_ips=["192.0.2.1"], created_at=THEN, first_seen_at=THEN,
        secret_hash=secrets.token_hex(32),
    )  # fmt: skip
    session.add(member)
    session.flush()
    return member.id


def test_a_snapshot_of_another_member_is_restored_after_a_backup_of_the_target(site: Site):
    flow_id = site.begin("restore", scopes=["main_config"])
    site.look(flow_id)
    site.finish(snapshotId="11111111-1111-4111-8111-111111111111")
    site.look(flow_id)
    site.finish(changed=True)

    assert site.look(flow_id).state == "completed"
    assert [(job.command, job.params.get("snapshotId"), job.params.get("scopes")) for job in site.jobs()] == [
        ("backup.haproxy", None, None),
        ("backup.restore", str(site.snapshot_id), "main_config"),
    ]
    assert {job.member_id for job in site.jobs()} == {site.new}


def test_undoing_a_restore_brings_back_the_backup_of_the_target(site: Site):
    flow_id = site.begin("restore", scopes=["main_config"])
    site.look(flow_id)
    site.finish(snapshotId="11111111-1111-4111-8111-111111111111")
    site.look(flow_id)
    site.finish()
    site.look(flow_id)

    answer = site.api.client_as("admin").post(f"/api/workflows/{flow_id}/undo")
    assert answer.status_code == 202, answer.text
    site.look(flow_id)
    job = site.finish()

    assert (job.command, job.params["snapshotId"]) == ("backup.restore", "11111111-1111-4111-8111-111111111111")
    assert site.look(flow_id).state == "undone"


def test_a_restore_that_fails_ends_with_the_agents_sentence(site: Site):
    flow_id = site.begin("restore")
    site.look(flow_id)
    site.finish(snapshotId="1")
    site.look(flow_id)
    site.finish(Ending.FAILED, error="HAProxy does not take it: line 3; the old files are back")

    assert "line 3" in (site.look(flow_id).error or "")


def test_a_rebuild_waits_for_the_replacement_and_makes_it_active_when_asked(site: Site):
    site.change(Member, first_seen_at=None)
    flow_id = site.begin("rebuild", makeActive=True)

    waiting = site.look(flow_id)
    assert (waiting.state, "install command" in (waiting.error or "")) == ("waiting", True)
    assert site.jobs() == []
    site.change(Member, first_seen_at=THEN)
    for _ in range(4):
        site.look(flow_id)
        site.finish()

    assert site.look(flow_id).state == "completed"
    assert [job.command for job in site.jobs()] == [
        "failover.evaluate", "standby.provision_from_backup", commands.AWAIT_READY, commands.MAKE_ACTIVE,
    ]  # fmt: skip


def test_a_drill_touches_nothing_live_and_files_a_timed_report(site: Site):
    flow_id = site.begin("drill", role="operator")
    for result in ({"proved": True}, {"ready": True}, {"kind": "stay"}):
        site.look(flow_id)
        site.finish(**result)
    site.look(flow_id)

    url = f"/api/pools/{site.pool_id}/disaster-recovery"
    report = site.api.client_as("viewer").get(f"{url}/drills").get_json()["items"][0]

    assert (report["passed"], report["workflowId"]) == (True, str(flow_id))
    assert [step["key"] for step in report["steps"]] == ["prove", "ready", "judge"]
    assert all(step["durationSec"] >= 0 for step in report["steps"])
    assert report["durationSec"] >= 0
    assert {job.danger for job in site.jobs()} == {"read"}
    assert site.api.client_as("viewer").get(url).get_json()["lastDrill"]["passed"] is True


def test_a_drill_with_a_bad_backup_fails_and_says_what_is_wrong(site: Site):
    flow_id = site.begin("drill")
    site.look(flow_id)
    site.finish(proved=False, detail="pack 3 does not open")

    assert "pack 3 does not open" in (site.look(flow_id).error or "")
    assert (
        site.api.client_as("viewer")
        .get(f"/api/pools/{site.pool_id}/disaster-recovery/drills")
        .get_json()["items"][0]["passed"]
        is False
    )


@pytest.mark.parametrize("way", ["restore", "provision-standby", "rebuild", "drill"])
def test_the_plan_has_to_hold_it(engine: Engine, way: str):
    site = a_site(make_api(engine, SystemClock(), edition="hosted"))
    site.change(Account, plan="community", trial_until=None)

    refused = site.ask(way)
    site.change(Account, trial_until=datetime.now(UTC) + timedelta(days=1))
    taken = site.ask(way)

    assert (refused.status_code, refused.get_json()["code"]) == (403, "plan_locked")
    assert taken.status_code == 202, taken.text


def test_what_does_not_fit_is_refused_with_its_fix(site: Site):
    active = site.ask("drill", targetMemberId=str(site.old))
    own = site.ask("restore", targetMemberId=str(site.old), confirm="old.example.com")
    scope = site.ask("restore", scopes=["firewall"])
    strange = site.ask("restore", snapshotId=str(site.new))
    typed = site.ask("restore", confirm="other.example.com")
    site.change(Snapshot, state="failed")
    failed = site.ask("restore")

    assert "Cut over" in active.get_json()["detail"]
    assert "its own under Backups" in own.get_json()["detail"]
    codes = [answer.get_json()["code"] for answer in (scope, strange, typed, failed)]
    assert codes == ["scope_unknown", "snapshot_not_found", "confirmation_missing", "precondition_failed"]
    assert site.jobs() == []


def test_one_member_alone_cannot_be_recovered_from_another(site: Site):
    with site.work() as session:
        session.delete(session.get_one(Member, site.old))

    shown = site.api.client_as("viewer").get(f"/api/pools/{site.pool_id}/disaster-recovery").get_json()

    assert (shown["available"], "second" in shown["reason"]) == (False, True)
    assert [source["memberName"] for source in shown["sources"]] == ["old.example.com"]


def test_a_preview_changes_nothing_and_warns(site: Site):
    found = site.ask("preview", role="viewer", scopes=["main_config"]).get_json()

    assert found["ok"] is True
    assert [scope["id"] for scope in found["scopes"]] == ["main_config"]
    assert "proved" in found["warnings"][0]
    assert site.jobs() == []


def ready_after(monkeypatch: pytest.MonkeyPatch, site: Site, *, ready: bool) -> None:
    gate = SimpleNamespace(reason="It was heard for 3 s only.")
    readiness = SimpleNamespace(ready=ready, failed=() if ready else (gate,), warned=())
    found = SimpleNamespace(
        decision=SimpleNamespace(readiness={site.new: readiness}), view=SimpleNamespace(active_id=site.old)
    )
    monkeypatch.setattr(commands, "look", lambda *_args, **_named: found)


def test_waiting_for_readiness_names_the_gate_and_gives_up_in_the_end(site: Site, monkeypatch: pytest.MonkeyPatch):
    flow_id = site.begin("provision-standby")
    site.look(flow_id)
    site.finish()
    site.look(flow_id)
    job = site.jobs()[-1]
    ready_after(monkeypatch, site, ready=False)

    own_jobs.run_here(site.api.wiring, str(job.id))
    assert site.jobs()[-1].step == "Not ready yet: It was heard for 3 s only."
    site.change(Job, not_before=None, created_at=THEN)
    own_jobs.run_here(site.api.wiring, str(job.id))

    assert next(one for one in site.jobs() if one.id == job.id).state == "failed"
    assert "It was heard for 3 s only." in (site.look(flow_id).error or "")


def test_a_member_that_is_ready_ends_the_wait(site: Site, monkeypatch: pytest.MonkeyPatch):
    flow_id = site.begin("provision-standby")
    site.look(flow_id)
    site.finish()
    site.look(flow_id)
    ready_after(monkeypatch, site, ready=True)

    own_jobs.run_here(site.api.wiring, str(site.jobs()[-1].id))

    assert site.look(flow_id).state == "completed"


def test_making_active_moves_the_pool_once(site: Site):
    """Before the first activation nothing can be lost, so no heartbeat is asked for."""
    site.change(Pool, active_member_id=None)
    with site.work() as session:
        ordered = [
            job_service.order(
                session, command=next(one for one in commands.COMMANDS if one.id == commands.MAKE_ACTIVE),
                params={"memberId": str(site.new)}, actor=SYSTEM, pool=session.get_one(Pool, site.pool_id), member=None,
            ).job.id
            for _ in range(2)
        ]  # fmt: skip

    for job_id in ordered:
        own_jobs.run_here(site.api.wiring, str(job_id))

    first, second = site.jobs()
    assert (first.state, second.state) == ("completed", "completed"), (first.error, second.error)
    assert ((first.result or {})["changed"], (second.result or {})["changed"]) == (True, False)
    with site.work() as session:
        assert session.get_one(Pool, site.pool_id).active_member_id == site.new
