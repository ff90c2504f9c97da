"""Schedules in a real database: claims, crashes, overlaps, pauses, and the API."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from serversctl.backups.tables import BackupPlan
from serversctl.failover.tables import FailoverSettings
from serversctl.identity.audit import SYSTEM
from serversctl.jobs.catalogue import HERE, Catalogue, Command
from serversctl.jobs.rules import Danger
from serversctl.jobs.tables import Job
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.failpoint import armed
from serversctl.members.tables import Member
from serversctl.pools.service import create_pool
from serversctl.schedules import jobs as worker
from serversctl.schedules import rules
from serversctl.schedules.tables import Schedule, ScheduleRun
from sqlalchemy import Engine, select, update
from support.api import Api, Client, make_api

NEVER = {"cron": "0 0 31 2 *"}


def command(command_id: str, **traits: Any) -> Command:
    return Command(
        id=command_id, title="Look", description="", timeout_sec=60, idempotent=True,
        **{"danger": Danger.READ, **traits},
    )  # fmt: skip


CATALOGUE = Catalogue(
    [
        command("failover.evaluate", runs_on=HERE),
        command("haproxy.reload"),
        command("haproxy.stop", danger=Danger.DANGEROUS, runs_on=HERE),
    ]
)


@pytest.fixture
def web(engine: Engine) -> Api:
    made = make_api(engine, SystemClock())
    made.wiring.hooks["jobs_catalogue"] = lambda: CATALOGUE
    made.wiring.hooks["member_facts"] = lambda _member_id: None
    return made


@pytest.fixture
def client(web: Api) -> Client:
    return web.client_as("operator")


@pytest.fixture
def pool_id(web: Api) -> UUID:
    with unit_of_work(web.wiring.sessions) as session:
        return create_pool(session, web.mine.account_id, SYSTEM, name="edge", template="haproxy").id


def make(client: Client, pool_id: UUID, **changed: Any) -> UUID:
    body = {"name": "Judge", "command": "failover.evaluate", "cron": "0 * * * *", **changed}
    answer = client.post(f"/api/pools/{pool_id}/schedules", json=body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.get_json()["id"])


def comes_due(web: Api, schedule_id: UUID, *, ago: timedelta = timedelta()) -> datetime:
    """Its slot was this long ago (a minute's begin, so that a schedule of every minute has it)."""
    slot = datetime.now(UTC).replace(second=0, microsecond=0) - ago
    with unit_of_work(web.wiring.sessions) as session:
        session.execute(update(Schedule).where(Schedule.id == schedule_id).values(next_slot=slot, due_at=slot))
    return slot


def runs(web: Api) -> list[ScheduleRun]:
    with unit_of_work(web.wiring.sessions) as session:
        return list(session.scalars(select(ScheduleRun).order_by(ScheduleRun.slot)))


def jobs(web: Api) -> list[Job]:
    with unit_of_work(web.wiring.sessions) as session:
        return list(session.scalars(select(Job)))


def test_a_slot_that_is_due_orders_its_job_once(web: Api, client: Client, pool_id: UUID):
    schedule_id = make(client, pool_id, cron="* * * * *")
    comes_due(web, schedule_id)

    worker.run_due(web.wiring)
    worker.run_due(web.wiring)

    (job,) = jobs(web)
    assert (job.command, job.requested_by["name"]) == ("failover.evaluate", "schedule Judge")
    shown = client.get(f"/api/schedules/{schedule_id}").get_json()
    assert (shown["lastRun"]["state"], shown["lastRun"]["jobId"]) == ("pending", str(job.id))
    assert datetime.fromisoformat(shown["nextRunAt"]) > datetime.now(UTC)
    assert client.get(f"/api/jobs?poolId={pool_id}").get_json()["items"][0]["id"] == str(job.id)


@pytest.mark.parametrize("point", ["schedule.claimed", "schedule.ordered"])
def test_a_worker_killed_in_between_runs_the_slot_once_after_all(web: Api, client: Client, pool_id: UUID, point: str):
    comes_due(web, make(client, pool_id, cron="* * * * *"))

    def die() -> None:
        raise KeyboardInterrupt

    with armed(point, die), pytest.raises(KeyboardInterrupt):
        worker.run_due(web.wiring)
    assert jobs(web) == []
    worker.run_due(web.wiring)

    assert len(jobs(web)) == len(runs(web)) == 1


def test_four_workers_at_once_run_a_slot_once(web: Api, client: Client, pool_id: UUID):
    for _ in range(5):
        comes_due(web, make(client, pool_id, cron="* * * * *"))
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        worker.run_due(web.wiring)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(jobs(web)) == len(runs(web)) == 5


@pytest.mark.parametrize(("policy", "states"), [("skip", ["missed"]), ("run_once", ["ordered"])])
def test_an_outage_is_caught_up_at_most_once(web: Api, client: Client, pool_id: UUID, policy: str, states: list[str]):
    schedule_id = make(client, pool_id, cron="*/10 * * * *", missedPolicy=policy)
    ten = timedelta(minutes=10)
    now = datetime.now(UTC)
    if now - rules.next_slot("*/10 * * * *", now - ten) < rules.ON_TIME:
        states = ["ordered"]  # the newest slot is on time by chance
    with unit_of_work(web.wiring.sessions) as session:
        first = rules.next_slot("*/10 * * * *", now - timedelta(days=2))
        session.execute(update(Schedule).where(Schedule.id == schedule_id).values(next_slot=first, due_at=first))

    for _ in range(3):
        worker.run_due(web.wiring)

    assert [run.state for run in runs(web)] == states


def test_a_run_that_is_still_under_way_skips_the_next_and_says_so(web: Api, client: Client, pool_id: UUID):
    schedule_id = make(client, pool_id, cron="* * * * *")
    comes_due(web, schedule_id)
    client.post(f"/api/schedules/{schedule_id}/run")

    worker.run_due(web.wiring)

    (skipped,) = [run for run in runs(web) if not run.by_hand]
    assert len(jobs(web)) == 1
    assert (skipped.state, "still running" in skipped.reason) == ("skipped", True)


def test_a_paused_pool_skips_unless_the_schedule_wants_otherwise(web: Api, client: Client, pool_id: UUID):
    calm = make(client, pool_id, cron="* * * * *")
    stubborn = make(client, pool_id, cron="* * * * *", pauseInMaintenance=False)
    with unit_of_work(web.wiring.sessions) as session:
        settings = session.get(FailoverSettings, pool_id)
        if settings is None:
            settings = FailoverSettings(pool_id=pool_id, account_id=web.mine.account_id)
            session.add(settings)
        settings.paused, settings.paused_reason = True, "new switches"
    comes_due(web, calm)
    comes_due(web, stubborn)

    worker.run_due(web.wiring)

    states = {run.schedule_id: (run.state, run.reason) for run in runs(web)}
    assert states[calm] == ("skipped", "The pool is paused for maintenance: new switches.")
    assert states[stubborn] == ("ordered", "")


def test_what_refuses_the_job_stands_in_the_history(web: Api, client: Client, pool_id: UUID):
    comes_due(web, make(client, pool_id, cron="* * * * *"))
    client.put("/api/jobs/stop", json={"stopped": True, "reason": "audit"})

    worker.run_due(web.wiring)

    (run,) = runs(web)
    assert (run.state, run.reason[:12]) == ("failed", "jobs_stopped")


def test_a_schedule_that_is_switched_off_runs_no_more_and_catches_nothing_up(web: Api, client: Client, pool_id: UUID):
    schedule_id = make(client, pool_id)
    body = {"name": "Judge", "command": "failover.evaluate", "cron": "0 * * * *"}

    off = client.put(f"/api/schedules/{schedule_id}", json={**body, "enabled": False}).get_json()
    on = client.put(f"/api/schedules/{schedule_id}", json={**body, "enabled": True}).get_json()

    assert off["nextRunAt"] is None
    assert datetime.fromisoformat(on["nextRunAt"]) > datetime.now(UTC)


def test_run_now_orders_a_job_and_keeps_the_next_time(web: Api, client: Client, pool_id: UUID):
    schedule_id = make(client, pool_id)
    before = client.get(f"/api/schedules/{schedule_id}").get_json()["nextRunAt"]

    run = client.post(f"/api/schedules/{schedule_id}/run")

    assert run.status_code == 202, run.text
    assert run.get_json()["byHand"] is True
    assert client.get(f"/api/schedules/{schedule_id}").get_json()["nextRunAt"] == before
    assert [str(job.id) for job in jobs(web)] == [run.get_json()["jobId"]]


def test_the_history_is_bounded(web: Api, client: Client, pool_id: UUID, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "RUNS_KEPT", 3)
    schedule_id = make(client, pool_id)

    for _ in range(5):
        client.post(f"/api/schedules/{schedule_id}/run")

    assert len(runs(web)) == 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (NEVER, "schedule_never_runs"),
        ({"cron": "often"}, "cron_invalid"),
        ({"command": "no.such"}, "command_unknown"),
        ({"command": "haproxy.reload"}, "member_needed"),
        ({"params": {"a": 1}}, "params_invalid"),
    ],
)
def test_what_cannot_run_is_refused_when_it_is_made(client: Client, pool_id: UUID, changed: Any, code: str):
    body = {"name": "Judge", "command": "failover.evaluate", "cron": "0 * * * *", **changed}

    answer = client.post(f"/api/pools/{pool_id}/schedules", json=body)

    assert answer.get_json()["code"] == code


def test_a_dangerous_command_is_scheduled_by_an_admin_only(web: Api, client: Client, pool_id: UUID):
    body = {"name": "Stop", "command": "haproxy.stop", "cron": "0 * * * *"}

    refused = client.post(f"/api/pools/{pool_id}/schedules", json=body)
    made = web.client_as("admin").post(f"/api/pools/{pool_id}/schedules", json=body)

    assert (refused.status_code, made.status_code) == (403, 201)


def test_an_expression_is_explained(client: Client):
    good = client.post("/api/schedules/explain", json={"cron": "30 2 * * *"}).get_json()
    bad = client.post("/api/schedules/explain", json=NEVER).get_json()

    assert (good["ok"], good["sentence"], len(good["next"])) == (True, "At 02:30 (UTC)", 5)
    assert (bad["ok"], "no such day" in bad["problem"]) == (False, True)


def test_a_preset_whose_command_is_missing_says_why(client: Client, pool_id: UUID):
    items = client.get(f"/api/schedule-presets?poolId={pool_id}").get_json()["items"]

    by_id = {item["id"]: item for item in items}
    assert by_id["failover_evaluate"]["available"] is True
    assert by_id["tls_renew"]["available"] is False
    assert "no command tls.acme_renew_force" in by_id["tls_renew"]["reason"]


def test_the_overview_counts_and_names_the_last_run(client: Client, pool_id: UUID):
    empty = client.get(f"/api/pools/{pool_id}/cron-overview").get_json()
    schedule_id = make(client, pool_id)
    client.post(f"/api/schedules/{schedule_id}/run")
    full = client.get(f"/api/pools/{pool_id}/cron-overview").get_json()

    assert empty == {"cronCount": 0, "backupSchedules": 0, "lastRun": None}
    assert (full["cronCount"], full["lastRun"]["state"]) == (1, "pending")


def test_a_backup_plan_counts_as_a_schedule_of_backups(web: Api, client: Client, pool_id: UUID):
    with unit_of_work(web.wiring.sessions) as session:
        member = Member(
            account_id=web.mine.account_id, pool_id=pool_id, hostname="lb1.example.com", display_name="lb1",
            template="haproxy_edge", linux_family="debian", allowed_ips=[], public_ips=[], secret_hash="0" * 64,
            created_at=datetime.now(UTC),
        )  # fmt: skip
        session.add(member)
        session.flush()
        session.add(BackupPlan(member_id=member.id, account_id=web.mine.account_id, enabled=True, kinds=["haproxy"]))
        member_id = member.id

    of_member = client.get(f"/api/members/{member_id}/cron-overview").get_json()
    of_pool = client.get(f"/api/pools/{pool_id}/cron-overview").get_json()

    assert (of_member["backupSchedules"], of_pool["backupSchedules"]) == (1, 1)
