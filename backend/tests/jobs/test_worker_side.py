"""Flags, rotation, dangerous commands, and commands that run here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from serversctl.identity.audit import SYSTEM
from serversctl.jobs import catalogue as catalogues
from serversctl.jobs import flags, jobs, service
from serversctl.jobs.catalogue import HERE, Catalogue, Command, Later, Order, read_agent_commands
from serversctl.jobs.fit import misfit
from serversctl.jobs.ports import MemberFacts
from serversctl.jobs.rules import Danger, Ending, State
from serversctl.jobs.tables import Job
from serversctl.kernel import outbox
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.errors import Forbidden
from serversctl.members.service import rotate_secret
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from serversctl.wiring import Wiring
from serversctl.worker.drain import drain
from serversctl.worker.rooms import Rooms
from sqlalchemy import select
from support.api import make_api
from support.servers.redis import Redis

from .conftest import CATALOGUE, PAST, House, Wire, a_command, a_token


def wiring_of(wire: Wire) -> Wiring:
    made: Wiring = wire.app.extensions["serversctl"]
    return made


@pytest.fixture
def rooms(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """The worker's view of jobs: the queue runs at once."""
    found = Rooms()
    found.add(jobs)
    wiring = wiring_of(wire)
    wiring.hooks["enqueue"] = lambda task, *args, **_how: found.tasks[task](wiring, *args)
    monkeypatch.setattr(jobs, "load", lambda _dist: Catalogue([*CATALOGUE, OWN]))
    wiring.hooks["jobs_catalogue"] = lambda: Catalogue([*CATALOGUE, OWN])
    return found


def look(_wiring: Any, order: Order) -> dict[str, Any]:
    if order.params.get("fail"):
        raise Forbidden("no_look", "Nobody may look.")
    return {"pool": str(order.pool_id)}


OWN = Command(
    id="pool.look", title="Look", description="", danger=Danger.READ, timeout_sec=30, idempotent=True, runs_on=HERE,
    run=look, params={"fail": {"type": "boolean", "title": "Fail"}},
)  # fmt: skip


def test_flags_lost_with_redis_are_raised_again_from_the_database(wire: Wire, redis_server: Redis):
    job_id = wire.order()
    other = wire.house.order(member=wire.house.other)
    wire.house.claim(other, member=wire.house.other)
    wire.ask("POST", f"/api/jobs/{other}/cancel")
    redis_server.flush()
    redis = wiring_of(wire).redis

    jobs.rebuild_flags(wiring_of(wire))
    pending, cancel = redis.smembers(flags.PENDING), redis.smembers(flags.CANCEL)
    wire.agent("claim", {"jobId": job_id})
    jobs.rebuild_flags(wiring_of(wire))

    assert pending == {str(wire.house.member.id).encode()}
    assert cancel == {str(wire.house.other.id).encode()}
    assert redis.smembers(flags.PENDING) == set()


def test_an_order_of_another_room_reaches_intake_through_the_outbox(wire: Wire, rooms: Rooms):
    wire.house.order()

    drain(wiring_of(wire), rooms)

    assert wiring_of(wire).redis.sismember(flags.PENDING, str(wire.house.member.id))


def test_an_order_is_taken_while_redis_is_away(wire: Wire, redis_server: Redis):
    redis_server.kill()
    try:
        job_id = wire.order()
    finally:
        redis_server.restart()

    assert wire.house.job(UUID(job_id)).state == State.PENDING


@pytest.mark.parametrize(
    ("params", "status", "error"), [({}, "completed", None), ({"fail": True}, "failed", "no_look: Nobody may look.")]
)
def test_a_command_of_ours_runs_in_the_worker(
    wire: Wire, rooms: Rooms, params: dict[str, Any], status: str, error: str | None
):
    pool_id = wire.house.pool.id
    made = wire.ask("POST", f"/api/pools/{pool_id}/jobs", {"command": "pool.look", "params": params}).get_json()

    drain(wiring_of(wire), rooms)
    jobs.queue_own(wiring_of(wire))
    shown = wire.ask("GET", f"/api/jobs/{made['id']}").get_json()

    assert (shown["status"], shown["error"], shown["attempt"]) == (status, error, 1)
    assert shown["result"] == (None if error else {"pool": str(pool_id)})


def test_an_agent_cannot_take_a_command_of_ours(wire: Wire, rooms: Rooms):
    made = wire.ask("POST", f"/api/members/{wire.house.member.id}/jobs", {"command": "pool.look"}).get_json()

    answer = wire.agent("claim", {"jobId": made["id"]})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "job_not_claimable")


def test_a_rotated_secret_travels_in_the_job_and_rests_nowhere_in_it(wire: Wire, rooms: Rooms):
    wiring, house = wiring_of(wire), wire.house
    early = wire.ask("POST", f"/api/members/{house.member.id}/jobs", {"command": "agent.rotate_secret"})
    with unit_of_work(house.sessions) as session:
        member = session.get_one(Member, house.member.id)
        member.first_seen_at = PAST
        secret = rotate_secret(session, member, SYSTEM, wiring.sealer).secret
    drain(wiring, rooms)
    drain(wiring, rooms)

    (offered,), _ = house.do(service.waiting, house.member.id)
    claimed = wire.agent("claim", {"jobId": offered["id"]}).get_json()["job"]
    shown = wire.ask("GET", f"/api/jobs/{offered['id']}").text

    assert (early.status_code, early.get_json()["code"]) == (409, "no_pending_secret")
    assert claimed["params"] == {"newSecret": secret}
    assert secret not in shown


def test_a_rotation_job_without_a_secret_fails_and_is_not_offered_for_ever(wire: Wire):
    job_id = wire.house.order(a_command("agent.rotate_secret"))

    answer = wire.agent("claim", {"jobId": str(job_id)})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_pending_secret")
    assert wire.house.job(job_id).state == State.FAILED


def test_a_dangerous_command_asks_for_more(wire: Wire):
    path = f"/api/members/{wire.house.member.id}/jobs"
    wire.token = a_token(wire.house, "operator", SystemClock().now(), email="op@example.com")

    ordinary = wire.ask("POST", path, {"command": "haproxy.reload"})
    dangerous = wire.ask("POST", path, {"command": "host.reboot"})

    assert (ordinary.status_code, dangerous.status_code) == (201, 403)
    assert dangerous.get_json()["code"] == "role_too_low"


def test_a_browser_types_the_hostname_and_proves_its_presence_for_a_dangerous_command(engine: Any, clock: Any):
    api = make_api(engine, clock)
    api.wiring.hooks["jobs_catalogue"] = lambda: Catalogue(CATALOGUE)
    path = f"/api/members/{a_member_of(api)}/jobs"
    browser = api.client_as("admin")

    untyped = browser.post(path, json={"command": "host.reboot"})
    typed = browser.post(path, json={"command": "host.reboot", "confirm": "LB9.example.com"})
    clock.pass_time(301)
    stale = browser.post(path, json={"command": "host.reboot", "confirm": "lb9.example.com"})

    assert (untyped.status_code, untyped.get_json()["code"]) == (422, "confirmation_missing")
    assert typed.status_code == 201
    assert (stale.status_code, stale.get_json()["code"]) == (403, "step_up_required")


def a_member_of(api: Any) -> UUID:
    from serversctl.pools.tables import Pool

    from .conftest import a_member

    with unit_of_work(api.wiring.sessions) as session:
        pool = Pool(account_id=api.mine.account_id, name="edge", template="haproxy", created_at=PAST)
        session.add(pool)
        session.flush()
        return a_member(session, pool, "lb9.example.com", "12" * 24).id


FACTS = MemberFacts(agent_version=3, os_family="debian", stacks=frozenset({"haproxy"}))


@pytest.mark.parametrize(
    ("applies", "facts", "code"),
    [
        ({}, FACTS, None),
        ({"stack": "haproxy"}, FACTS, None),
        ({"stack": "haproxy"}, None, None),
        ({"stack": "mariadb"}, FACTS, "stack_absent"),
        ({"stack": "haproxy"}, MemberFacts(3, "debian"), "stack_absent"),
        ({"agentVersion": 4}, FACTS, "command_not_supported"),
        ({"osFamily": "rhel"}, FACTS, "system_unfit"),
        ({}, MemberFacts(3, commands=frozenset({"other.command"})), "command_not_supported"),
    ],
)
def test_a_command_has_to_fit_the_member(applies: dict[str, Any], facts: MemberFacts | None, code: str | None):
    found = misfit("haproxy.reload", applies, facts)

    assert (found[0] if found else None) == code


def test_an_order_that_does_not_fit_says_why(wire: Wire):
    wiring_of(wire).hooks["member_facts"] = lambda _id: MemberFacts(3, "debian")
    params = {"backend": "web", "server": "s1"}

    answer = wire.ask(
        "POST", f"/api/members/{wire.house.member.id}/jobs", {"command": "haproxy.server_drain", "params": params}
    )

    assert (answer.status_code, answer.get_json()["code"]) == (409, "stack_absent")


def test_the_agents_own_declarations_are_read_and_every_command_has_a_class():
    checkout = Path(catalogues.__file__).parents[3]
    declared = read_agent_commands([checkout / "agent" / "dist"])
    if not declared:
        pytest.skip("agent/dist is not built: run `make agent`")

    ids = {command.id for command in declared}
    assert {"haproxy.reload", "haproxy.provision", "haproxy.server_drain", "agent.update"} <= ids
    assert all(command.danger in set(Danger) and command.timeout_sec > 0 for command in declared)


def test_our_own_commands_are_found_by_folder():
    own = {command.id: command for command in catalogues.read_own_commands()}

    assert own["failover.evaluate"].runs_on == HERE
    assert all(command.run is not None for command in own.values())


def test_every_change_of_state_is_news(house: House):
    job_id = house.order()
    house.claim(job_id)
    house.do(service.complete, job_id, house.member.id, 1, service.Report(Ending.COMPLETED))

    with unit_of_work(house.sessions) as session:
        kinds = session.scalars(select(outbox.OutboxEvent.kind).order_by(outbox.OutboxEvent.created_at)).all()
    assert kinds == ["job.pending", "job.running", "job.completed"]


def _waiting_job(wire: Wire, monkeypatch: pytest.MonkeyPatch, run: Any) -> UUID:
    """A job of our own whose command is `run`, ordered and pending."""
    command = replace(OWN, id="pool.wait", run=run)
    monkeypatch.setattr(jobs, "load", lambda _dist: Catalogue([command]))
    with unit_of_work(wire.house.sessions) as session:
        pool = session.get_one(Pool, wire.house.pool.id)
        made = service.order(session, command=command, params={}, actor=SYSTEM, pool=pool, member=None)
        return made.job.id


def test_a_command_that_waits_is_run_again_in_the_same_attempt(
    wire: Wire, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
):
    turns: list[int] = []

    def wait(_wiring: Any, _order: Order) -> dict[str, Any]:
        turns.append(len(turns))
        if len(turns) < 4:
            raise Later("Waiting for the name servers", retry_in_sec=0)
        return {"turns": len(turns)}

    job_id = _waiting_job(wire, monkeypatch, wait)
    keys: list[str] = []
    wiring = wiring_of(wire)
    wiring.hooks["enqueue"] = lambda task, *args, key, **_how: (
        keys.append(key),
        rooms.tasks[task](wiring, *args),
    )
    jobs.queue_own(wiring)
    with unit_of_work(wire.house.sessions) as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.step, job.attempt) == ("pending", "Waiting for the name servers", 1)
    for _ in range(3):
        jobs.queue_own(wiring)
    with unit_of_work(wire.house.sessions) as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempt, job.result) == ("completed", 1, {"turns": 4})
    # A lane that died leaves its entry's key taken for a day: no turn may use another's.
    assert len(set(keys)) == len(keys) == 4


def test_a_cancel_that_comes_while_a_command_runs_ends_it_where_it_would_wait(
    wire: Wire, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
):
    def wait(_wiring: Any, order: Order) -> dict[str, Any]:
        with unit_of_work(wire.house.sessions) as session:
            service.cancel(session, session.get_one(Job, order.job_id), SYSTEM)
        raise Later("Waiting", retry_in_sec=0)

    job_id = _waiting_job(wire, monkeypatch, wait)
    jobs.queue_own(wiring_of(wire))
    with unit_of_work(wire.house.sessions) as session:
        assert session.get_one(Job, job_id).state == "cancelled"
