"""What operators see and do over HTTP."""

from __future__ import annotations

from uuid import UUID

import pytest
from serversctl.jobs.rules import Ending
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.pools.service import create_pool
from sqlalchemy import Engine
from support.api import Api, Client, make_api

from .conftest import ANN, CATALOGUE, Bench, a_member


@pytest.fixture
def web(engine: Engine) -> Api:
    made = make_api(engine, SystemClock())
    made.wiring.hooks["jobs_catalogue"] = lambda: CATALOGUE
    made.wiring.hooks["member_facts"] = lambda _member_id: None
    return made


@pytest.fixture
def bench(web: Api) -> Bench:
    with unit_of_work(web.wiring.sessions) as session:
        pool = create_pool(session, web.mine.account_id, ANN, name="edge", template="haproxy")
        return Bench(web.wiring, pool, a_member(session, pool, "lb1.example.com"))


def ask(client: Client, flow_id: UUID, what: str = "") -> dict[str, object]:
    call = client.post if what else client.get
    answer = call(f"/api/workflows/{flow_id}{what}")
    assert answer.status_code == (202 if what else 200), answer.text
    value: dict[str, object] = answer.get_json()
    return value


def test_a_workflow_is_shown_with_its_steps_and_what_can_be_done(web: Api, bench: Bench):
    client = web.client_as("operator")
    flow_id = bench.start()
    bench.look(flow_id)
    bench.finish(Ending.FAILED, error="no_space: The disk is full.")
    bench.look(flow_id)

    shown = ask(client, flow_id)

    assert (shown["state"], shown["canCancel"], shown["canRetry"], shown["canUndo"]) == ("failed", False, True, False)
    steps = shown["steps"]
    assert isinstance(steps, list)
    assert [step["state"] for step in steps] == ["failed", "waiting", "waiting"]
    assert steps[0]["jobId"] == str(bench.jobs()[0].id)


def test_retry_undo_and_cancel_over_http(web: Api, bench: Bench):
    client = web.client_as("operator")
    flow_id = bench.start()
    bench.look(flow_id)

    assert ask(client, flow_id, "/cancel")["state"] == "cancelling"
    bench.look(flow_id)
    assert ask(client, flow_id, "/retry")["state"] == "running"
    bench.run(flow_id)
    assert ask(client, flow_id, "/undo")["state"] == "undoing"
    assert bench.run(flow_id).state == "undone"
    assert client.post(f"/api/workflows/{flow_id}/cancel").get_json()["code"] == "workflow_not_cancellable"


def test_the_list_is_filtered_and_paged(web: Api, bench: Bench):
    client = web.client_as("viewer")
    ids = [str(bench.start()) for _ in range(3)]

    first = client.get(f"/api/workflows?memberId={bench.member.id}&state=running&limit=2").get_json()
    second = client.get(f"/api/workflows?limit=2&cursor={first['nextCursor']}").get_json()

    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["nextCursor"] is None
    assert client.get("/api/workflows?kind=other.kind").get_json()["items"] == []
