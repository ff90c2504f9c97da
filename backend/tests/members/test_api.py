"""Members over HTTP: enrol, change, rotate, detach; and a heartbeat through the ordinary app."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
import redis
from serversctl.heartbeats.lending import Lending
from serversctl.identity.tables import AuditEntry
from serversctl.kernel.db import unit_of_work
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy import select
from support.api import ADDRESS, Api

GOOD = {"hostname": "lb1.example.com", "allowedIps": [ADDRESS], "linuxFamily": "debian", "template": "haproxy_edge"}


def a_pool(api: Api, name: str = "edge") -> str:
    answer = api.client_as("owner").post("/api/pools", json={"name": name, "template": "haproxy"})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def enrol(api: Api, pool: str, **change: Any) -> dict[str, Any]:
    answer = api.client_as("owner").post(f"/api/pools/{pool}/members", json={**GOOD, **change})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def beat(api: Api, secret: str, source: str = ADDRESS, **body: Any) -> Any:
    return api.anonymous().post(
        "/api/agents/heartbeat",
        data=json.dumps({"hostname": "lb1.example.com", **body}),
        headers={"Authorization": f"Bearer {secret}"},
        environ_overrides={"REMOTE_ADDR": source},
    )


def test_a_new_member_comes_with_its_secret_and_the_line_to_paste(api: Api) -> None:
    made = enrol(api, a_pool(api), hostname="LB1.Example.com")
    secret = made["enrollment"]["secret"]
    assert len(secret) == 48
    assert set(secret) <= set("0123456789abcdef")
    assert secret in made["enrollment"]["installCommand"]
    member = made["member"]
    assert (member["hostname"], member["displayName"]) == ("lb1.example.com", "lb1.example.com")
    assert member["heartbeat"]["state"] == "unknown"
    with unit_of_work(api.wiring.sessions) as session:
        row = session.scalars(select(Member)).one()
        assert row.secret_hash == hashlib.sha256(secret.encode()).hexdigest()


def test_the_secret_is_shown_this_once_and_kept_nowhere_in_clear(api: Api) -> None:
    made = enrol(api, a_pool(api))
    secret, member_id = made["enrollment"]["secret"], made["member"]["id"]
    again = api.client_as("owner").get(f"/api/members/{member_id}").text
    assert secret not in again
    with unit_of_work(api.wiring.sessions) as session:
        trail = json.dumps([entry.details for entry in session.scalars(select(AuditEntry))])
    assert secret not in trail


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hostname": ""}, "hostname"), ({"hostname": 5}, "hostname"), ({"hostname": None}, "hostname"),
        ({"hostname": "a" * 254}, "hostname"), ({"hostname": "-x"}, "hostname"), ({"hostname": "bücher"}, "hostname"),
        ({"allowedIps": []}, "allowedIps"), ({"allowedIps": "203.0.113.1"}, "allowedIps"),
        ({"allowedIps": [" 203.0.113.1"]}, "allowedIps"), ({"allowedIps": ["0.0.0.0/0"]}, "allowedIps"),
        ({"allowedIps": [1]}, "allowedIps.0"), ({"allowedIps": ["10.0.0.1"] * 65}, "allowedIps"),
        ({"linuxFamily": "windows"}, "linuxFamily"), ({"template": "router"}, "template"),
        ({"displayName": "x" * 121}, "displayName"), ({"priority": -1}, "priority"), ({"priority": 1001}, "priority"),
        ({"priority": "1"}, "priority"), ({"priority": 1.5}, "priority"), ({"neverPromote": "yes"}, "neverPromote"),
        ({"publicIps": ["203.0.113.0/24"]}, "publicIps"), ({"location": {"latitude": 91}}, "location.latitude"),
        ({"location": {"planet": "x"}}, "location.planet"), ({"colour": "red"}, "colour"), ({"secret": "x"}, "secret"),
        ({"accountId": str(uuid4())}, "accountId"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_its_name_and_makes_nothing(api: Api, change: dict[str, Any], field: str) -> None:
    pool = a_pool(api)
    answer = api.client_as("owner").post(f"/api/pools/{pool}/members", json={**GOOD, **change})
    assert answer.status_code == 422, answer.text
    assert field in answer.get_json()["errors"]
    assert api.client_as("owner").get(f"/api/pools/{pool}/members").get_json()["items"] == []


def test_a_host_name_is_enrolled_once_in_an_account_and_again_in_another(api: Api) -> None:
    first = enrol(api, a_pool(api))
    answer = api.client_as("owner").post(
        f"/api/pools/{a_pool(api, 'two')}/members", json={**GOOD, "hostname": "LB1.example.com"}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (409, "hostname_taken")
    assert answer.get_json()["memberId"] == first["member"]["id"]
    theirs = api.other_tenant("owner")
    pool = theirs.post("/api/pools", json={"name": "edge", "template": "generic"}).get_json()["id"]
    assert theirs.post(f"/api/pools/{pool}/members", json=GOOD).status_code == 201


def test_a_heartbeat_through_the_ordinary_app_shows_in_the_list(api: Api) -> None:
    pool = a_pool(api)
    made = enrol(api, pool)
    first = beat(api, made["enrollment"]["secret"], agentVersion=3, seq=1, bootId="b")
    assert first.status_code == 200, first.text
    assert first.get_json()["memberId"] == made["member"]["id"]
    (item,) = api.client_as("viewer").get(f"/api/pools/{pool}/members").get_json()["items"]
    assert (item["heartbeat"]["state"], item["heartbeat"]["agentVersion"]) == ("fresh", 3)
    assert item["heartbeat"]["source"] == ADDRESS
    assert item["firstSeenAt"]
    assert api.client_as("viewer").get("/api/pools").get_json()["items"][0]["health"] == {
        "members": 1, "fresh": 1, "late": 0, "down": 0, "unknown": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "data", "status", "code"),
    [
        ({"Content-Encoding": "gzip"}, b"\x1f\x8b", 415, "compressed_body"),
        ({}, b"x" * 65_537, 413, "body_too_large"),
        ({}, b"nothing", 422, "body_invalid"),
        ({}, b'{"hostname":"other"}', 403, "hostname_mismatch"),
    ],
)
def test_the_ordinary_way_refuses_as_the_gate_does(
    api: Api, headers: dict[str, str], data: bytes, status: int, code: str
) -> None:
    secret = enrol(api, a_pool(api))["enrollment"]["secret"]
    answer = api.anonymous().post(
        "/api/agents/heartbeat", data=data, headers={"Authorization": f"Bearer {secret}", **headers}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_the_enrolment_screen_follows_what_happens(api: Api) -> None:
    made = enrol(api, a_pool(api), hostname="edge-fra-1")
    member, secret = made["member"]["id"], made["enrollment"]["secret"]
    owner = api.client_as("owner")
    place = f"/api/members/{member}/enrollment"
    assert owner.get(place).get_json()["status"] == "waiting"

    beat(api, secret, source="192.0.2.9", hostname="edge-fra-1")
    seen = owner.get(place).get_json()
    assert (seen["status"], seen["code"], seen["seenAddress"]) == ("refused", "ip_not_allowed", "192.0.2.9")
    assert seen["fix"] == {"field": "allowedIps", "value": [ADDRESS, "192.0.2.9"]}
    assert owner.post(f"{place}/fix", json=seen["fix"]).get_json()["status"] == "waiting"

    api.app.extensions["serversctl.replica_here"].intake.refusals._last.clear()
    beat(api, secret, source="192.0.2.9", hostname="edge-fra")
    seen = owner.get(place).get_json()
    assert (seen["code"], seen["saidHostname"], seen["typedHostname"]) == (
        "hostname_mismatch",
        "edge-fra",
        "edge-fra-1",
    )
    assert owner.post(f"{place}/fix", json=seen["fix"]).status_code == 200
    assert beat(api, secret, source="192.0.2.9", hostname="edge-fra").status_code == 200
    seen = owner.get(place).get_json()
    assert seen["status"] == "connected"
    assert seen["ageSec"] < 3


def test_only_the_fix_that_is_offered_now_is_applied(api: Api) -> None:
    made = enrol(api, a_pool(api))
    place = f"/api/members/{made['member']['id']}/enrollment/fix"
    owner = api.client_as("owner")
    answer = owner.post(place, json={"field": "allowedIps", "value": ["192.0.2.9"]})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "fix_changed")
    beat(api, made["enrollment"]["secret"], source="192.0.2.9")
    answer = owner.post(place, json={"field": "allowedIps", "value": ["0.0.0.0/0"]})
    assert answer.status_code == 409
    assert owner.get(f"/api/members/{made['member']['id']}").get_json()["allowedIps"] == [ADDRESS]


def test_shutting_out_where_the_member_speaks_from_asks_for_a_yes(api: Api) -> None:
    made = enrol(api, a_pool(api))
    place = f"/api/members/{made['member']['id']}"
    owner = api.client_as("owner")
    assert beat(api, made["enrollment"]["secret"]).status_code == 200
    answer = owner.patch(place, json={"allowedIps": ["192.0.2.1"]})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "live_source_excluded")
    assert answer.get_json()["liveSource"] == ADDRESS
    assert owner.get(place).get_json()["allowedIps"] == [ADDRESS]
    assert owner.patch(place, json={"allowedIps": ["192.0.2.1", ADDRESS]}).status_code == 200
    assert owner.patch(place, json={"allowedIps": ["192.0.2.1"], "confirm": True}).status_code == 200
    assert beat(api, made["enrollment"]["secret"]).get_json()["code"] == "ip_not_allowed"


def test_a_change_is_written_and_audited(api: Api) -> None:
    made = enrol(api, a_pool(api))
    owner = api.client_as("owner")
    change = {
        "displayName": "Edge one", "publicIps": ["203.0.113.7"], "priority": 5, "neverPromote": True, "maintenance": True,
        "location": {"name": "Frankfurt", "latitude": 50.1, "longitude": 8.7}, "hostname": "edge1.example.com",
    }  # fmt: skip
    answer = owner.patch(f"/api/members/{made['member']['id']}", json=change).get_json()
    assert {name: answer[name] for name in change} == change
    with unit_of_work(api.wiring.sessions) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "member.updated")).one()
        assert entry.details["hostname"] == {"before": "lb1.example.com", "after": "edge1.example.com"}
    assert owner.patch(f"/api/members/{made['member']['id']}", json={}).status_code == 422


def test_the_active_member_is_detached_with_its_name_typed(api: Api) -> None:
    pool = a_pool(api)
    made = enrol(api, pool)
    member = made["member"]["id"]
    with unit_of_work(api.wiring.sessions) as session:
        session.scalars(select(Pool)).one().active_member_id = session.scalars(select(Member.id)).one()
    owner = api.client_as("owner")
    assert owner.delete(f"/api/members/{member}").get_json()["code"] == "member_is_active"
    assert owner.delete(f"/api/members/{member}?confirm=lb1.example.com").status_code == 204
    assert beat(api, made["enrollment"]["secret"]).get_json()["code"] == "credential_unknown"
    assert owner.get(f"/api/members/{member}").status_code == 404


def test_a_rotated_secret_works_and_its_first_use_retires_the_old_one(api: Api) -> None:
    made = enrol(api, a_pool(api))
    member, old = made["member"]["id"], made["enrollment"]["secret"]
    owner = api.client_as("owner")
    new = owner.post(f"/api/members/{member}/rotate-secret").get_json()["enrollment"]["secret"]
    assert owner.get(f"/api/members/{member}").get_json()["secretPending"] is True
    assert beat(api, old).status_code == 200
    assert beat(api, new).status_code == 200
    assert owner.get(f"/api/members/{member}").get_json()["secretPending"] is False


def test_another_accounts_member_is_not_there(api: Api) -> None:
    pool = a_pool(api)
    member = enrol(api, pool)["member"]["id"]
    them = api.other_tenant("owner")
    for answer in (
        them.get(f"/api/members/{member}"), them.patch(f"/api/members/{member}", json={"displayName": "x"}),
        them.delete(f"/api/members/{member}"), them.post(f"/api/members/{member}/rotate-secret"),
        them.get(f"/api/pools/{pool}/members"), them.post(f"/api/pools/{pool}/members", json=GOOD),
        them.get(f"/api/members/{member}/enrollment"), them.get(f"/api/members/{member}/facts"),
        them.get(f"/api/members/{member}/history"), them.get(f"/api/pools/{pool}/overview"),
        them.get(f"/api/events?pool={pool}"), them.get(f"/api/events?member={member}"),
    ):  # fmt: skip
        assert answer.status_code == 404
    assert them.get("/api/members").get_json()["items"] == []


def test_pages_follow_each_other_without_a_gap(api: Api) -> None:
    pool = a_pool(api)
    for number in range(5):
        enrol(api, pool, hostname=f"lb{number}.example.com")
    names, cursor = [], ""
    for _ in range(4):
        page = api.client_as("viewer").get(f"/api/pools/{pool}/members?limit=2&cursor={cursor}").get_json()
        names += [item["hostname"] for item in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert names == [f"lb{number}.example.com" for number in range(5)]
    for wrong in ("limit=0", "limit=5001", "cursor=zzz", "cursor=" + "x" * 500):
        assert api.client_as("viewer").get(f"/api/pools/{pool}/members?{wrong}").status_code == 422


def test_without_heartbeats_the_list_has_an_etag_that_moves_with_the_members(api: Api) -> None:
    pool = a_pool(api)
    enrol(api, pool)
    viewer, place = api.client_as("viewer"), f"/api/pools/{pool}/members?heartbeat=false"
    first = viewer.get(place)
    assert first.get_json()["items"][0]["heartbeat"] is None
    assert viewer.get(place, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    enrol(api, pool, hostname="lb2.example.com")
    again = viewer.get(place, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, len(again.get_json()["items"])) == (200, 2)


def test_facts_and_history_tell_the_last_report_with_the_slow_blocks(api: Api) -> None:
    made = enrol(api, a_pool(api))
    secret, member = made["enrollment"]["secret"], made["member"]["id"]
    host = {"osFamily": "debian", "cpu": {"count": 2, "usedPct": 12.0}, "memory": {"totalBytes": 100, "usedBytes": 25}}
    beat(api, secret, seq=1, bootId="b", host={**host, "firewall": {"kind": "ufw"}, "pendingUpdates": 4})
    beat(api, secret, seq=2, bootId="b", host=host)
    viewer = api.client_as("viewer")
    facts = viewer.get(f"/api/members/{member}/facts").get_json()
    assert facts["facts"]["seq"] == 2
    assert facts["facts"]["host"]["firewall"] == {"kind": "ufw"}
    assert facts["facts"]["host"]["pendingUpdates"] == 4
    history = viewer.get(f"/api/members/{member}/history?resolution=1s").get_json()
    assert history["columns"][:3] == ["at", "cpuPct", "memoryPct"]
    assert history["rows"][-1][1:3] == [12, 25]
    assert viewer.get(f"/api/members/{member}/history?resolution=2s").status_code == 422


def test_while_the_store_is_away_members_are_unknown_and_never_down(api: Api) -> None:
    pool = a_pool(api)
    made = enrol(api, pool)
    away = redis.Redis.from_url("unix:///nonexistent/redis.sock")
    lending = Lending(away)
    api.wiring.hooks.update(heartbeats_by_text=lending.heartbeats_by_text, pool_health=lending.pool_health)
    api.wiring.redis = away
    viewer = api.client_as("viewer")
    (item,) = viewer.get(f"/api/pools/{pool}/members").get_json()["items"]
    assert item["heartbeat"]["state"] == "unknown"
    overview = viewer.get(f"/api/pools/{pool}/overview").get_json()
    assert (overview["liveness"], overview["health"]["unknown"]) == ("unknown", 1)
    refused = viewer.get(f"/api/members/{made['member']['id']}/enrollment")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "liveness_unknown")
