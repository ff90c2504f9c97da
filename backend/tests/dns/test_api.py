"""Provider keys and pool names over HTTP: secrets stay in, bad input is told with its fix, vendors are really asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from serversctl.dns.keeper import keeper_of
from serversctl.kernel.db import unit_of_work
from serversctl.pools.tables import Pool
from sqlalchemy import Engine, text
from support.api import Api, make_api
from support.vendors.benches import ZONE
from support.vendors.cloudflare import FakeCloudflare

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
WHM_KEY = {"kind": "whm", "name": "cp1", "host": "cp1.example.com", "username": "root", "apiToken": "W" * 32}


@pytest.fixture
def vendor() -> Iterator[FakeCloudflare]:
    with FakeCloudflare(zone=ZONE) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def api(engine: Engine, clock: Any, vendor: FakeCloudflare) -> Api:
    return make_api(engine, clock, cloudflare_api_base=vendor.base_url, outbound_allow=LOOPBACK)


@pytest.fixture
def key(api: Api, vendor: FakeCloudflare) -> str:
    return save(api, {"kind": "cloudflare", "name": "main", "apiToken": vendor.token})["id"]


@pytest.fixture
def pool(api: Api) -> UUID:
    return a_pool(api, "edge")


def a_pool(api: Api, name: str, account_id: UUID | None = None) -> UUID:
    with unit_of_work(api.wiring.sessions) as session:
        made = Pool(
            account_id=account_id or api.mine.account_id,
            name=name,
            template="haproxy",
            created_at=api.wiring.clock.now(),
        )
        session.add(made)
        session.flush()
        return made.id


def save(api: Api, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = api.client_as("admin").post("/api/provider-credentials", json=body)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def name_pool(api: Api, pool: UUID, key: str, status: int = 200, **other: Any) -> dict[str, Any]:
    body = {"credentialId": key, "zone": ZONE, "label": "lb", "ttl": 60, **other}
    answer = api.client_as("admin").put(f"/api/pools/{pool}/dns", json=body)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def put_record(api: Api, pool: UUID, address: str) -> None:
    found = keeper_of(api.wiring).converge(pool, {"A": (address,)}, lambda: None)
    assert found.done, found


# --- keys -----------------------------------------------------------------------------------------------------


def test_a_saved_secret_never_comes_out_again(api: Api, vendor: FakeCloudflare, key: str):
    for answer in (
        api.client_as("owner").get("/api/provider-credentials"),
        api.client_as("owner").get(f"/api/provider-credentials/{key}"),
        api.client_as("owner").post(f"/api/provider-credentials/{key}/test"),
        api.client_as("owner").patch(f"/api/provider-credentials/{key}", json={"name": "other"}),
    ):
        assert answer.status_code == 200
        assert vendor.token not in answer.text
    shown = api.client_as("viewer").get(f"/api/provider-credentials/{key}").get_json()
    assert shown["secrets"] == [{"name": "apiToken", "lastFour": vendor.token[-4:]}]


def test_no_table_holds_the_secret_in_the_clear(api: Api, vendor: FakeCloudflare, key: str, pool: UUID):
    name_pool(api, pool, key)
    api.client_as("admin").post(f"/api/pools/{pool}/dns/test")
    with unit_of_work(api.wiring.sessions) as session:
        for table in ("provider_credentials", "pool_dns", "dns_preflights", "outbox_events", "audit_entries"):
            assert vendor.token not in str(session.execute(text(f"SELECT * FROM {table}")).all())


def test_a_sealed_secret_moved_to_another_row_does_not_open(api: Api, vendor: FakeCloudflare, key: str, pool: UUID):
    other = save(api, {"kind": "cloudflare", "name": "second", "apiToken": "another-token-0123456789"})["id"]
    with unit_of_work(api.wiring.sessions) as session:
        sealed = "(SELECT sealed FROM provider_credentials WHERE name = 'main')"
        session.execute(text(f"UPDATE provider_credentials SET sealed = {sealed} WHERE name = 'second'"))
    report = api.client_as("admin").post(f"/api/provider-credentials/{other}/test").get_json()
    assert not report["ok"]
    assert "SERVERSCTL_SECRET_KEY" in report["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "cloudflare", "name": "x"}, "apiToken"),
        ({"kind": "cloudflare", "name": "x", "apiToken": "has blank"}, "apiToken"),
        ({"kind": "cloudflare", "name": "x", "apiToken": 7}, "apiToken"),
        ({"kind": "cloudflare", "name": "x", "apiToken": "t" * 401}, "apiToken"),
        ({"kind": "cloudflare", "name": "x", "apiToken": "t" * 40, "accountId": "short"}, "accountId"),
        ({"kind": "cloudflare", "name": "x", "apiToken": "t" * 40, "host": "a.example.com"}, "host"),
        ({"kind": "cloudflare", "name": "x", "apiToken": "t" * 40, "surprise": 1}, "surprise"),
        ({"kind": "route53", "name": "x"}, "kind"),
        ({"kind": "cloudflare", "name": "", "apiToken": "t" * 40}, "name"),
        ({"kind": "cloudflare", "name": "x" * 121, "apiToken": "t" * 40}, "name"),
        ({"kind": "cloudflare", "name": "x", "apiToken": "t" * 40, "scope": "root"}, "scope"),
        ({**WHM_KEY, "host": "https://cp1.example.com"}, "host"),
        ({**WHM_KEY, "host": "cp1.example.com/x"}, "host"),
        ({**WHM_KEY, "host": " cp1.example.com"}, "host"),
        ({**WHM_KEY, "host": "a" * 64 + ".example.com"}, "host"),
        ({**WHM_KEY, "port": 0}, "port"),
        ({**WHM_KEY, "port": 65536}, "port"),
        ({**WHM_KEY, "port": "2087"}, "port"),
        ({**WHM_KEY, "username": "root; id"}, "username"),
        ({**WHM_KEY, "certificateSha256": "abc"}, "certificateSha256"),
        ({"kind": "powerdns", "name": "x", "apiUrl": "ftp://ns", "apiKey": "k"}, "apiUrl"),
        ({"kind": "powerdns", "name": "x", "apiUrl": "http://user:pw@ns:8081", "apiKey": "k"}, "apiUrl"),
        ({"kind": "powerdns", "name": "x", "apiUrl": "http://ns:8081", "apiKey": "k\r\nX: y"}, "apiKey"),
        ({"kind": "rfc2136", "name": "x", "server": "ns", "zone": "example.net", "tsigName": "k", "tsigSecret": "!"}, "tsigSecret"),
        ({"kind": "rfc2136", "name": "x", "server": "ns", "zone": "net", "tsigName": "k", "tsigSecret": "AAAA"}, "zone"),
        ({"kind": "rfc2136", "name": "x", "server": "ns", "zone": "example.net", "tsigName": "k", "tsigSecret": "AAAA", "tsigAlgorithm": "md5"}, "tsigAlgorithm"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_is_saved(api: Api, body: dict[str, Any], field: str):
    problem = save(api, body, status=422)
    assert field in problem["errors"], problem
    assert api.client_as("viewer").get("/api/provider-credentials").get_json()["items"] == []


def test_a_name_is_used_once_per_account(api: Api, key: str):
    problem = save(api, {"kind": "cloudflare", "name": "main", "apiToken": "t" * 40}, status=409)
    assert problem["code"] == "provider_credential_exists"


def test_one_cloudflare_key_is_global_and_the_mark_moves(api: Api, key: str):
    second = save(api, {"kind": "cloudflare", "name": "second", "apiToken": "t" * 40})
    assert [second["isGlobal"], shown(api, key)["isGlobal"]] == [False, True]
    admin = api.client_as("admin")
    assert admin.patch(f"/api/provider-credentials/{second['id']}", json={"isGlobal": True}).status_code == 200
    assert [shown(api, second["id"])["isGlobal"], shown(api, key)["isGlobal"]] == [True, False]
    assert admin.patch(f"/api/provider-credentials/{second['id']}", json={"isGlobal": False}).status_code == 409
    assert admin.delete(f"/api/provider-credentials/{second['id']}").status_code == 204
    assert shown(api, key)["isGlobal"]


def test_a_whm_key_cannot_be_global(api: Api):
    assert "isGlobal" in save(api, {**WHM_KEY, "isGlobal": True}, status=422)["errors"]


def test_a_key_in_use_is_not_deleted_and_the_answer_names_the_pools(api: Api, key: str, pool: UUID):
    name_pool(api, pool, key)
    answer = api.client_as("admin").delete(f"/api/provider-credentials/{key}")
    assert (answer.status_code, answer.get_json()["pools"]) == (409, ["edge"])


def test_rotation_keeps_the_old_secret_when_the_new_one_fails(api: Api, vendor: FakeCloudflare, key: str):
    admin = api.client_as("admin")
    bad = admin.post(f"/api/provider-credentials/{key}/rotate", json={"apiToken": "wrong-token-0123456789"})
    assert (bad.status_code, bad.get_json()["code"]) == (422, "provider_credential_rejected")
    assert admin.post(f"/api/provider-credentials/{key}/test").get_json()["ok"]
    vendor.token = "fresh-token-0123456789abcdef"
    good = admin.post(f"/api/provider-credentials/{key}/rotate", json={"apiToken": vendor.token})
    assert good.status_code == 200
    assert good.get_json()["secrets"][0]["lastFour"] == "cdef"
    assert admin.post(f"/api/provider-credentials/{key}/test").get_json()["ok"]


def test_zones_come_from_the_provider(api: Api, vendor: FakeCloudflare, key: str):
    vendor.add_zone("example.com")
    zones = api.client_as("operator").get(f"/api/provider-credentials/{key}/zones").get_json()["items"]
    assert [zone["name"] for zone in zones] == ["example.com", ZONE]


def test_a_provider_that_is_away_is_503_for_zones(api: Api, vendor: FakeCloudflare, key: str):
    vendor.next = ["500"]
    answer = api.client_as("operator").get(f"/api/provider-credentials/{key}/zones")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "dns_provider_unavailable")


def test_a_wait_of_the_provider_is_429_and_holds_for_the_next_call_too(api: Api, vendor: FakeCloudflare, key: str):
    vendor.mischief.retry_after_sec = 60
    vendor.next = ["429"]
    for _ in range(2):
        answer = api.client_as("operator").get(f"/api/provider-credentials/{key}/zones")
        assert answer.status_code == 429
        assert 50 <= int(answer.headers["Retry-After"]) <= 60
    assert len(vendor.requests) == 1


# --- names ----------------------------------------------------------------------------------------------------


def test_a_pool_gets_its_name_and_shows_what_is_there(api: Api, key: str, pool: UUID):
    assert api.client_as("viewer").get(f"/api/pools/{pool}/dns").get_json()["code"] == "dns_not_connected"
    named = name_pool(api, pool, key)
    assert (named["fqdn"], named["ttlBoundSec"], named["state"]) == (f"lb.{ZONE}", 60, "unknown")
    put_record(api, pool, "93.184.216.34")
    seen = api.client_as("viewer").get(f"/api/pools/{pool}/dns").get_json()
    assert (seen["currentTarget"], seen["state"]) == (["93.184.216.34"], "in_sync")
    writes = api.client_as("viewer").get(f"/api/pools/{pool}/dns/writes").get_json()["items"]
    assert [(write["kind"], write["new"]) for write in writes] == [("create", "93.184.216.34")]


def test_a_hand_edit_is_shown_as_drift(api: Api, vendor: FakeCloudflare, key: str, pool: UUID):
    name_pool(api, pool, key)
    put_record(api, pool, "93.184.216.34")
    vendor.edit(f"lb.{ZONE}", "A", ["93.184.216.99"])
    seen = api.client_as("operator").post(f"/api/pools/{pool}/dns/refresh").get_json()
    assert (seen["state"], seen["currentTarget"]) == ("drift", ["93.184.216.99"])
    assert "93.184.216.99" in seen["detail"]
    assert vendor.look(f"lb.{ZONE}", "A") == ("93.184.216.99",)


def test_a_conflict_is_shown_and_adopting_resolves_it(api: Api, vendor: FakeCloudflare, key: str, pool: UUID):
    name_pool(api, pool, key)
    put_record(api, pool, "93.184.216.34")
    vendor.edit(f"lb.{ZONE}", "AAAA", ["2606:2800:220:1::9"])
    admin = api.client_as("admin")
    assert admin.post(f"/api/pools/{pool}/dns/refresh").get_json()["state"] == "conflict"
    assert admin.post(f"/api/pools/{pool}/dns/adopt").get_json()["adopted"] is True
    put_record(api, pool, "93.184.216.34")
    assert vendor.look(f"lb.{ZONE}", "AAAA") == ()


def test_the_connectivity_test_tells_each_step(api: Api, vendor: FakeCloudflare, key: str, pool: UUID):
    name_pool(api, pool, key, proxied=True)
    vendor.edit(f"lb.{ZONE}", "A", ["93.184.216.34"], proxied=True)
    found = api.client_as("operator").post(f"/api/pools/{pool}/dns/test").get_json()
    assert [(step["name"], step["ok"]) for step in found["steps"]] == [
        ("credential", True), ("zone", True), ("record", True), ("answer", True),
    ]  # fmt: skip
    assert found["colour"] == "green"


@pytest.mark.parametrize(
    ("trouble", "step"),
    [
        (lambda v: setattr(v, "token_status", "disabled"), "credential"),
        (lambda v: setattr(v, "token", "rolled"), "credential"),
        (lambda v: v.zones.update({v.zone_id: "other.example"}), "zone"),
        (lambda v: v.edit(f"lb.{ZONE}", "A", ["93.184.216.34", "93.184.216.35"]), "record"),
    ],
)
def test_the_connectivity_test_stops_at_the_broken_step_and_says_the_fix(
    api: Api, vendor: FakeCloudflare, key: str, pool: UUID, trouble: Any, step: str
):
    name_pool(api, pool, key, proxied=True)
    trouble(vendor)
    found = api.client_as("operator").post(f"/api/pools/{pool}/dns/test").get_json()
    broken = [entry for entry in found["steps"] if not entry["ok"]]
    assert [entry["name"] for entry in broken] == [step]
    assert broken[0]["fix"]
    assert found["colour"] == "red"


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"zone": "com"}, "zone"),
        ({"zone": "example..com"}, "zone"),
        ({"zone": " example.com"}, "zone"),
        ({"zone": "exa mple.com"}, "zone"),
        ({"zone": "-x.com"}, "zone"),
        ({"zone": ".".join(["a" * 60] * 5)}, "zone"),
        ({"zone": ""}, "zone"),
        ({"zone": 5}, "zone"),
        ({"label": "a" * 64}, "label"),
        ({"label": "under_score"}, "label"),
        ({"label": "*"}, "label"),
        ({"label": "a..b"}, "label"),
        ({"label": "x" * 63 + "." + "y" * 63 + "." + "z" * 63 + "." + "w" * 60}, "label"),
        ({"label": "☃\u200d☃--"}, "label"),
        ({"label": ""}, "label"),
        ({"ttl": 0}, "ttl"),
        ({"ttl": 59}, "ttl"),
        ({"ttl": 86401}, "ttl"),
        ({"ttl": -1}, "ttl"),
        ({"ttl": "60"}, "ttl"),
        ({"ttl": None}, "ttl"),
        ({"proxied": "maybe"}, "proxied"),
        ({"credentialId": "no-uuid"}, "credentialId"),
        ({"credentialId": "00000000-0000-4000-8000-000000000000"}, "credentialId"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_name_is_told_by_field_and_changes_nothing(
    api: Api, key: str, pool: UUID, other: dict[str, Any], field: str
):
    problem = name_pool(api, pool, key, status=422, **other)
    assert field in problem["errors"], problem
    assert api.client_as("viewer").get(f"/api/pools/{pool}/dns").status_code == 404


def test_international_names_are_kept_in_punycode(api: Api, key: str, pool: UUID):
    assert (
        name_pool(api, pool, key, zone="Bücher.example", label="Straße")["fqdn"]
        == "xn--strae-oqa.xn--bcher-kva.example"
    )


def test_only_cloudflare_can_proxy_and_automatic_is_its_ttl(api: Api, key: str, pool: UUID):
    whm = save(api, WHM_KEY)["id"]
    assert "proxied" in name_pool(api, pool, whm, status=422, proxied=True)["errors"]
    assert "ttl" in name_pool(api, pool, whm, status=422, ttl=1)["errors"]
    assert name_pool(api, pool, key, ttl=1)["ttlBoundSec"] == 300
    assert name_pool(api, pool, key, ttl=60, proxied=True)["ttlBoundSec"] == 0


def test_an_account_operations_key_never_carries_a_pools_dns(api: Api, key: str, pool: UUID):
    production = save(api, {**WHM_KEY, "scope": "account"})["id"]
    assert "credentialId" in name_pool(api, pool, production, status=422)["errors"]
    name_pool(api, pool, key)
    assert (
        api.client_as("admin").patch(f"/api/provider-credentials/{key}", json={"scope": "account"}).status_code == 409
    )


def test_two_pools_cannot_share_a_name(api: Api, key: str, pool: UUID):
    name_pool(api, pool, key)
    problem = name_pool(api, a_pool(api, "second"), key, status=409)
    assert (problem["code"], "edge" in problem["detail"]) == ("dns_name_in_use", True)


def test_a_new_label_forgets_what_was_known_of_the_old_name(api: Api, vendor: FakeCloudflare, key: str, pool: UUID):
    name_pool(api, pool, key)
    put_record(api, pool, "93.184.216.34")
    renamed = name_pool(api, pool, key, label="www")
    assert (renamed["state"], renamed["observed"], renamed["wanted"]) == ("unknown", None, None)
    assert vendor.look(f"lb.{ZONE}", "A") == ("93.184.216.34",)


def test_another_tenant_sees_nothing_of_it(api: Api, key: str, pool: UUID):
    name_pool(api, pool, key)
    stranger = api.other_tenant("owner")
    theirs = a_pool(api, "theirs", api.theirs.account_id)
    for method, path in [
        ("get", f"/api/provider-credentials/{key}"), ("delete", f"/api/provider-credentials/{key}"),
        ("post", f"/api/provider-credentials/{key}/test"), ("get", f"/api/provider-credentials/{key}/zones"),
        ("get", f"/api/pools/{pool}/dns"), ("delete", f"/api/pools/{pool}/dns"), ("post", f"/api/pools/{pool}/dns/test"),
        ("post", f"/api/pools/{pool}/dns/adopt"), ("post", f"/api/pools/{pool}/dns/refresh"),
        ("get", f"/api/pools/{pool}/dns/writes"),
    ]:  # fmt: skip
        assert getattr(stranger, method)(path).status_code == 404, path
    assert stranger.post(f"/api/provider-credentials/{key}/rotate", json={"apiToken": "t" * 40}).status_code == 404
    assert stranger.patch(f"/api/provider-credentials/{key}", json={"name": "mine"}).status_code == 404
    body = {"credentialId": key, "zone": ZONE, "label": "lb", "ttl": 60}
    assert "credentialId" in stranger.put(f"/api/pools/{theirs}/dns", json=body).get_json()["errors"]
    assert stranger.get("/api/provider-credentials").get_json()["items"] == []


def test_viewers_and_operators_change_nothing(api: Api, key: str, pool: UUID):
    for role in ("viewer", "operator"):
        client = api.client_as(role)
        assert client.post("/api/provider-credentials", json=WHM_KEY).status_code == 403
        assert client.delete(f"/api/provider-credentials/{key}").status_code == 403
        assert client.put(f"/api/pools/{pool}/dns", json={}).status_code == 403
        assert client.post(f"/api/pools/{pool}/dns/adopt").status_code == 403


def test_the_forms_of_all_providers_are_listed(api: Api):
    kinds = api.client_as("viewer").get("/api/provider-kinds").get_json()["items"]
    assert [kind["kind"] for kind in kinds] == ["cloudflare", "powerdns", "rfc2136", "whm"]
    token = next(entry for entry in kinds[0]["fields"] if entry["name"] == "apiToken")
    assert (token["secret"], token["required"], token["type"]) == (True, True, "string")


def test_keys_are_listed_in_pages(api: Api):
    for number in range(3):
        save(api, {**WHM_KEY, "name": f"cp{number}"})
    client = api.client_as("viewer")
    first = client.get("/api/provider-credentials?limit=2").get_json()
    second = client.get(f"/api/provider-credentials?limit=2&cursor={first['nextCursor']}").get_json()
    assert [item["name"] for item in [*first["items"], *second["items"]]] == ["cp0", "cp1", "cp2"]
    assert second["nextCursor"] is None


def shown(api: Api, key: str) -> dict[str, Any]:
    return api.client_as("viewer").get(f"/api/provider-credentials/{key}").get_json()


def test_the_names_of_all_pools_come_in_one_list(api: Api, key: str) -> None:
    for number, label in enumerate(("b", "a", "c")):
        name_pool(api, a_pool(api, f"pool {number}"), key, label=label)
    first = api.client_as("viewer").get("/api/dns?limit=2").get_json()
    assert [(one["fqdn"], one["poolName"]) for one in first["items"]] == [
        (f"a.{ZONE}", "pool 1"),
        (f"b.{ZONE}", "pool 0"),
    ]
    rest = api.client_as("viewer").get("/api/dns", query_string={"cursor": first["nextCursor"]}).get_json()
    assert ([one["fqdn"] for one in rest["items"]], rest["nextCursor"]) == ([f"c.{ZONE}"], None)
    assert api.other_tenant().get("/api/dns").get_json()["items"] == []


def test_one_pool_is_asked_about_without_an_error_when_it_has_no_name(api: Api, key: str) -> None:
    named, bare = a_pool(api, "named"), a_pool(api, "bare")
    name_pool(api, named, key, label="a")
    viewer = api.client_as("viewer")
    assert [one["poolName"] for one in viewer.get(f"/api/dns?poolId={named}").get_json()["items"]] == ["named"]
    assert viewer.get(f"/api/dns?poolId={bare}").get_json()["items"] == []
    assert api.other_tenant().get(f"/api/dns?poolId={named}").get_json()["items"] == []


def test_the_list_of_names_says_the_same_as_each_pool(api: Api, key: str, pool: UUID) -> None:
    name_pool(api, pool, key)
    put_record(api, pool, "93.184.216.34")
    viewer = api.client_as("operator")
    assert viewer.post(f"/api/pools/{pool}/dns/test").status_code == 200
    (listed,) = viewer.get("/api/dns").get_json()["items"]
    alone = viewer.get(f"/api/pools/{pool}/dns").get_json()
    assert listed == {**alone, "poolName": "edge"}
    assert listed["preflight"] is not None
