"""Pools over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from serversctl.identity.tables import AuditEntry
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.outbox import OutboxEvent
from serversctl.members.tables import DirectoryRevision, Member
from sqlalchemy import Engine, select
from support.api import Api, make_api


@pytest.fixture
def api(engine: Engine) -> Api:
    return make_api(engine, SystemClock())


def made(api: Api, name: str = "production-edge", template: str = "haproxy") -> dict[str, Any]:
    answer = api.client_as("operator").post("/api/pools", json={"name": name, "template": template})
    assert answer.status_code == 201, answer.text
    pool: dict[str, Any] = answer.get_json()
    return pool


def test_a_pool_is_made_listed_and_read(api: Api) -> None:
    pool = made(api)
    assert (pool["name"], pool["template"], pool["activeMemberId"], pool["epoch"]) == (
        "production-edge",
        "haproxy",
        None,
        0,
    )
    viewer = api.client_as("viewer")
    assert viewer.get(f"/api/pools/{pool['id']}").get_json()["name"] == "production-edge"
    (item,) = viewer.get("/api/pools").get_json()["items"]
    assert item["health"] == {"members": 0, "fresh": 0, "late": 0, "down": 0, "unknown": 0}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"), ({"name": "x"}, "template"), ({"name": "", "template": "haproxy"}, "name"),
        ({"name": "   ", "template": "haproxy"}, "name"), ({"name": "x" * 81, "template": "haproxy"}, "name"),
        ({"name": 5, "template": "haproxy"}, "name"), ({"name": None, "template": "haproxy"}, "name"),
        ({"name": "a\u202eb", "template": "haproxy"}, "name"), ({"name": "x", "template": "cpanel"}, "template"),
        ({"name": "x", "template": 1}, "template"), ({"name": "x", "template": "haproxy", "epoch": 9}, "epoch"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_its_name_and_makes_nothing(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.client_as("owner").post("/api/pools", json=body)
    assert answer.status_code == 422, answer.text
    assert field in answer.get_json()["errors"]
    assert api.client_as("owner").get("/api/pools").get_json()["items"] == []


def test_names_are_unique_in_an_account_and_only_there(api: Api) -> None:
    first = made(api, "Kraków  edge")
    assert first["name"] == "Kraków edge"
    again = api.client_as("owner").post("/api/pools", json={"name": " Kraków edge", "template": "generic"})
    assert (again.status_code, again.get_json()["code"]) == (409, "name_taken")
    assert (
        api.other_tenant("owner").post("/api/pools", json={"name": "Kraków edge", "template": "generic"}).status_code
        == 201
    )


def test_a_pool_is_renamed_and_converted_in_place(api: Api) -> None:
    pool = made(api)
    place = f"/api/pools/{pool['id']}"
    with unit_of_work(api.wiring.sessions) as session:
        session.add(a_member(api, pool))
    answer = api.client_as("operator").patch(place, json={"name": "edge-2", "template": "generic"}).get_json()
    assert (answer["name"], answer["template"], answer["id"]) == ("edge-2", "generic", pool["id"])
    with unit_of_work(api.wiring.sessions) as session:
        assert session.scalars(select(Member)).one().hostname == "lb1.example.com"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "pool.updated")).one()
        assert entry.details["template"] == {"before": "haproxy", "after": "generic"}
    other = made(api, "other")
    clash = api.client_as("operator").patch(f"/api/pools/{other['id']}", json={"name": "edge-2"})
    assert clash.status_code == 409


def test_deleting_asks_for_the_name_typed_and_takes_the_members_along(api: Api) -> None:
    pool = made(api)
    place = f"/api/pools/{pool['id']}"
    with unit_of_work(api.wiring.sessions) as session:
        session.add(a_member(api, pool))
    owner = api.client_as("owner")
    for wrong in ("", "?confirm=", "?confirm=production", "?confirm=PRODUCTION-EDGE"):
        refused = owner.delete(place + wrong)
        assert (refused.status_code, refused.get_json()["code"]) == (409, "confirmation_missing")
    assert owner.delete(f"{place}?confirm=production-edge").status_code == 204
    assert owner.get(place).status_code == 404
    with unit_of_work(api.wiring.sessions) as session:
        assert session.scalars(select(Member)).all() == []
        assert session.get_one(DirectoryRevision, 1).revision > 0
        kinds = session.scalars(select(OutboxEvent.kind)).all()
    assert {"pool.created", "pool.deleted"} <= set(kinds)


def test_another_accounts_pool_is_not_there(api: Api) -> None:
    place = f"/api/pools/{made(api)['id']}"
    them = api.other_tenant("owner")
    assert them.get(place).status_code == 404
    assert them.patch(place, json={"name": "mine"}).status_code == 404
    assert them.delete(f"{place}?confirm=production-edge").status_code == 404
    assert them.get("/api/pools").get_json()["items"] == []


def test_pages_follow_each_other_by_name(api: Api) -> None:
    for name in ("b", "a", "c"):
        made(api, name)
    viewer = api.client_as("viewer")
    first = viewer.get("/api/pools?limit=2").get_json()
    second = viewer.get(f"/api/pools?limit=2&cursor={first['nextCursor']}").get_json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["nextCursor"] is None
    assert viewer.get("/api/pools?cursor=WyJhIiwieCJd").status_code == 422


def a_member(api: Api, pool: dict[str, Any]) -> Member:
    from uuid import UUID

    return Member(
        account_id=api.mine.account_id, pool_id=UUID(pool["id"]), hostname="lb1.example.com", display_name="lb1",
        template="haproxy_edge", linux_family="debian", allowed_ips=["192.0.2.1"], public_ips=[], secret_hash="0" * 64,
        created_at=api.wiring.clock.now(),
    )  # fmt: skip
