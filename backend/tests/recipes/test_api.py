"""What operators see and do with recipes over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from serversctl.dns.tables import PoolDns, ProviderCredential
from serversctl.jobs.catalogue import load
from serversctl.jobs.ports import MemberFacts
from serversctl.jobs.rules import Ending
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.pools.service import create_pool
from sqlalchemy import Engine, select
from support.api import Api, Client, make_api
from workflows.conftest import ANN, THEN, Bench, a_member

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ1bGwgb2YgbGlnaHQgYW5kIG9mIGdyZWVuIGxhbXA ann@example.com"


class Recipes(Bench):
    """The member as its agent reports it, and its recipes over HTTP."""

    reported: MemberFacts | None = MemberFacts(1, "debian", frozenset({"haproxy"}))

    def ask(self, client: Client, recipe: str, what: str, status: int = 202, **params: Any) -> dict[str, Any]:
        body = {} if what == "undo" else {"json": {"params": params}}
        answer = client.post(f"/api/members/{self.member.id}/recipes/{recipe}/{what}", **body)
        assert answer.status_code == status, answer.text
        value: dict[str, Any] = answer.get_json()
        return value

    def shown(self, client: Client, recipe: str) -> dict[str, Any]:
        items = client.get(f"/api/members/{self.member.id}/recipes").get_json()["items"]
        return next(item for item in items if item["id"] == recipe)


def house(engine: Engine, **settings: Any) -> tuple[Api, Recipes]:
    web = make_api(engine, SystemClock(), **settings)
    with unit_of_work(web.wiring.sessions) as session:
        pool = create_pool(session, web.mine.account_id, ANN, name="edge", template="haproxy")
        bench = Recipes(web.wiring, pool, a_member(session, pool, "lb1.example.com"))
    catalogue = load("")
    web.wiring.hooks["jobs_catalogue"] = lambda: catalogue
    web.wiring.hooks["member_facts"] = lambda _member_id: bench.reported
    return web, bench


@pytest.fixture
def web_and_bench(engine: Engine) -> tuple[Api, Recipes]:
    return house(engine)


def test_a_recipe_runs_is_shown_done_and_is_undone(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    client = web.client_as("operator")
    assert (bench.shown(client, "admin_socket")["state"], bench.shown(client, "admin_socket")["available"]) == (
        "never",
        True,
    )

    flow = bench.ask(client, "admin_socket", "run")
    assert bench.shown(client, "admin_socket")["state"] == "running"
    assert bench.ask(client, "admin_socket", "run", 409)["code"] == "workflow_running"
    bench.look(UUID(flow["id"]))
    bench.finish(changed=True)
    bench.look(UUID(flow["id"]))
    done = bench.shown(client, "admin_socket")
    assert (done["state"], done["canUndo"], done["workflowId"]) == ("completed", True, flow["id"])

    assert bench.ask(client, "admin_socket", "undo")["state"] == "undoing"
    bench.look(UUID(flow["id"]))
    assert bench.finish(changed=True).command == "haproxy.admin_socket_disable"
    bench.look(UUID(flow["id"]))
    assert bench.shown(client, "admin_socket")["state"] == "undone"


def test_what_was_there_before_the_recipe_stays_when_it_is_undone(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    client = web.client_as("operator")
    flow = bench.ask(client, "admin_socket", "run")
    bench.look(UUID(flow["id"]))
    bench.finish(changed=False)
    bench.look(UUID(flow["id"]))

    bench.ask(client, "admin_socket", "undo")

    assert bench.look(UUID(flow["id"])).state == "undone"
    assert [job.command for job in bench.jobs()] == ["haproxy.admin_socket_enable"]


def test_a_recipe_that_cannot_run_is_greyed_with_its_reason(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    client = web.client_as("operator")
    bench.reported = MemberFacts(1, "debian", frozenset())

    shown = bench.shown(client, "admin_socket")

    assert (shown["available"], shown["reason"]) == (
        False, "Not so yet: HAProxy runs on this member. Run the recipe Install HAProxy first.",
    )  # fmt: skip
    assert bench.ask(client, "admin_socket", "run", 409)["code"] == "recipe_unavailable"
    assert bench.jobs() == []
    bench.reported = None
    assert "Start the agent" in bench.shown(client, "install_haproxy")["reason"]


def test_installing_waits_for_the_heartbeat_that_tells_of_haproxy(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    bench.reported = MemberFacts(1, "debian", frozenset())
    flow = bench.ask(web.client_as("operator"), "install_haproxy", "run")
    bench.look(UUID(flow["id"]))
    bench.finish(installed=True)

    assert bench.look(UUID(flow["id"])).state == "waiting"
    bench.reported = MemberFacts(1, "debian", frozenset({"haproxy"}))
    assert bench.look(UUID(flow["id"])).state == "running"
    bench.finish(changed=True)
    assert bench.look(UUID(flow["id"])).state == "completed"


def test_a_preview_shows_the_steps_and_changes_nothing(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    preview = bench.ask(web.client_as("operator"), "ssh_access", "preview", 200, publicKey=KEY)

    (step,) = preview["steps"]
    assert (step["command"], step["params"], step["danger"], step["undo"]) == (
        "ssh.access_enable", {"publicKey": KEY, "user": "root"}, "dangerous", "ssh.access_disable",
    )  # fmt: skip
    assert preview["dangerous"]
    assert bench.jobs() == []
    assert bench.shown(web.client_as("viewer"), "ssh_access")["state"] == "never"


def test_a_dangerous_recipe_is_for_admins_and_its_parameters_are_checked(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    admin = web.client_as("admin")
    bench.ask(web.client_as("operator"), "ssh_access", "run", 403, publicKey=KEY)
    assert bench.ask(admin, "ssh_access", "run", 422, publicKey="no key")["code"] == "params_invalid"

    flow = bench.ask(admin, "ssh_access", "run", publicKey=KEY, user="ann")
    bench.look(UUID(flow["id"]))
    assert bench.finish(added=True).params == {"publicKey": KEY, "user": "ann"}
    bench.look(UUID(flow["id"]))
    bench.ask(web.client_as("operator"), "ssh_access", "undo", 403)
    bench.ask(admin, "ssh_access", "undo")
    bench.look(UUID(flow["id"]))
    undo = bench.finish(removed=True)
    assert (undo.command, undo.params) == ("ssh.access_disable", {"publicKey": KEY, "user": "ann"})


def test_a_failed_recipe_says_why_and_a_recipe_that_never_ran_has_nothing_to_undo(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    client = web.client_as("operator")
    assert bench.ask(client, "agent_update", "undo", 409)["code"] == "recipe_never_ran"
    flow = bench.ask(client, "admin_socket", "run")
    bench.look(UUID(flow["id"]))
    bench.finish(Ending.FAILED, error="config_invalid: line 3")
    bench.look(UUID(flow["id"]))

    shown = bench.shown(client, "admin_socket")

    assert (shown["state"], shown["available"]) == ("failed", True)
    assert "line 3" in shown["error"]


@pytest.mark.parametrize(("hosted", "locked"), [(False, False), (True, True)])
def test_advanced_recipes_are_part_of_pro_when_hosted(engine: Engine, hosted: bool, locked: bool):
    web, bench = house(engine, edition="hosted" if hosted else "self_hosted")
    admin = web.client_as("admin")

    assert bench.shown(admin, "ssh_hardening")["locked"] == locked
    if locked:
        assert bench.ask(admin, "ssh_hardening", "run", 403)["code"] == "plan_locked"
    else:
        assert bench.ask(admin, "ssh_hardening", "run")["kind"] == "recipe.ssh_hardening"


def test_a_certificate_for_the_host_is_made_and_ordered_by_its_id(web_and_bench: tuple[Api, Recipes]):
    web, bench = web_and_bench
    link_dns(web, bench)
    client = web.client_as("operator")

    flow = bench.ask(client, "lets_encrypt_host", "run")
    bench.look(UUID(flow["id"]))

    (job,) = bench.jobs()
    made = client.get(f"/api/certificates/{job.params['certificateId']}").get_json()
    assert (job.command, made["hostname"], made["memberId"]) == (
        "certificate.issue",
        "lb1.example.com",
        str(bench.member.id),
    )


def link_dns(web: Api, bench: Recipes) -> None:
    with unit_of_work(web.wiring.sessions) as session:
        key = ProviderCredential(
            account_id=web.mine.account_id,
            kind="cloudflare",
            name="key",
            config={},
            sealed={},
            hints={},
            created_at=THEN,
        )
        session.add(key)
        session.flush()
        session.add(
            PoolDns(
                account_id=web.mine.account_id, pool_id=bench.pool.id, credential_id=key.id, zone="example.com",
                label="www", fqdn="www.example.com", ttl=60, created_at=THEN, updated_at=THEN,
            )
        )  # fmt: skip
        session.flush()
        assert session.scalar(select(PoolDns.fqdn)) == "www.example.com"
