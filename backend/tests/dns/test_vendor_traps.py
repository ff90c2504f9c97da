"""The traps of each vendor, one by one."""

from __future__ import annotations

import pytest
from serversctl.dns.links import find_zone
from serversctl.dns.ports import Plan, ProviderUnauthorized, ProviderUnavailable, Refused, Stale, Zone, nothing
from serversctl.dns.reconcile import Outcome, Target, converge
from serversctl.dns.rules import plan
from serversctl.dns.wire import retry_after_sec
from support.servers.bind import Bind
from support.servers.powerdns import PowerDns
from support.vendors.benches import ZONE, Bench
from support.vendors.cloudflare import FakeCloudflare
from support.vendors.whm import FakeWhm

NAME = f"trap.{ZONE}"
OLD, NEW, OTHER = "203.0.113.10", "203.0.113.20", "203.0.113.99"


def move(before: tuple, *contents: str, **how: object) -> Plan:
    return plan(want={"A": contents}, actual=before, ttl=60, proxied=False, **how)  # type: ignore[arg-type]


# --- Cloudflare -----------------------------------------------------------------------------------------------


def test_cloudflare_success_false_with_status_200_is_no_answer(cloudflare_bench: Bench):
    cloudflare_bench.vendor.quota_lies = 1
    with pytest.raises(ProviderUnavailable):
        cloudflare_bench.provider().read(Zone(ZONE, cloudflare_bench.vendor.zone_id), NAME)


def test_cloudflare_success_false_on_a_write_is_read_back(cloudflare_bench: Bench):
    provider, vendor = cloudflare_bench.provider(), cloudflare_bench.vendor
    vendor.edit(NAME, "A", [OLD])

    def lie() -> None:
        vendor.quota_lies = 1

    target = Target(Zone(ZONE, vendor.zone_id), NAME, 60)
    found = converge(provider, target, {"A": (NEW,)}, lie)
    assert (found.outcome, found.writes[0].certain) == (Outcome.UNKNOWN, False)
    assert converge(provider, target, {"A": (NEW,)}, nothing).outcome is Outcome.APPLIED


def test_cloudflare_pages_end_without_an_endless_loop(cloudflare_bench: Bench):
    vendor = cloudflare_bench.vendor
    for number in range(120):
        vendor.add_zone(f"zone{number}.example")
    assert len(cloudflare_bench.provider().zones()) == 121
    assert len(vendor.requests) == 3


def test_cloudflare_writes_are_sent_once(cloudflare_bench: Bench):
    vendor, provider = cloudflare_bench.vendor, cloudflare_bench.provider()
    vendor.next = ["good", "500"]
    converge(provider, Target(Zone(ZONE, vendor.zone_id), NAME, 60), {"A": (OLD,)}, nothing)
    assert [r.method for r in vendor.requests] == ["GET", "POST", "GET"]


def test_cloudflare_ignores_keys_in_the_environment(cloudflare_bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CLOUDFLARE_API_KEY", "k" * 37)
    monkeypatch.setenv("CLOUDFLARE_EMAIL", "ann@example.com")
    assert cloudflare_bench.provider().zones(ZONE)
    assert cloudflare_bench.vendor.violations == []


def test_cloudflare_several_changes_are_one_transaction(cloudflare_bench: Bench):
    provider, vendor = cloudflare_bench.provider(), cloudflare_bench.vendor
    target = Target(Zone(ZONE, vendor.zone_id), NAME, 60)
    converge(provider, target, {"A": (OLD,), "AAAA": ("2001:db8::1",)}, nothing)
    posts = [r for r in vendor.requests if r.method != "GET"]
    assert [r.path.rpartition("/")[2] for r in posts] == ["batch"]


def test_cloudflare_the_proof_of_write_leaves_the_content_alone(cloudflare_bench: Bench):
    from serversctl.dns.ports import Change, ChangeKind

    provider, vendor = cloudflare_bench.provider(), cloudflare_bench.vendor
    vendor.edit(NAME, "A", [OLD])
    zone = Zone(ZONE, vendor.zone_id)
    (seen,) = provider.read(zone, NAME)
    vendor.edit(NAME, "A", [NEW])
    vendor.records[vendor.zone_id][0]["id"] = seen.id  # the same record, moved by a cutover in between
    provider.apply(zone, NAME, Plan((seen,), (Change(ChangeKind.UPDATE, seen, seen),), (seen,)), nothing)
    assert vendor.look(NAME, "A") == (NEW,)


def test_cloudflare_account_tokens_are_checked_at_the_account(cloudflare_bench: Bench):
    vendor: FakeCloudflare = cloudflare_bench.vendor
    vendor.account_owned = True
    assert not cloudflare_bench.provider().check().ok
    assert cloudflare_bench.provider(account_id=vendor.account_id).check().ok


def test_cloudflare_a_token_without_zone_read_is_told_the_permission(cloudflare_bench: Bench):
    cloudflare_bench.vendor.zones.clear()
    report = cloudflare_bench.provider().check()
    assert not report.ok
    assert "Zone · Zone · Read" in report.fix


def test_two_zones_of_one_name_are_not_guessed_between(cloudflare_bench: Bench):
    cloudflare_bench.vendor.add_zone(ZONE)
    with pytest.raises(Refused) as refused:
        find_zone(cloudflare_bench.provider(), ZONE)
    assert refused.value.code == "dns_zone_ambiguous"


# --- WHM ------------------------------------------------------------------------------------------------------


def test_whm_an_edit_between_our_read_and_write_is_noticed(whm_bench: Bench):
    provider, zone = whm_bench.provider(), Zone(ZONE, ZONE)
    whm_bench.edit(NAME, "A", [OLD])
    step = move(provider.read(zone, NAME), NEW)
    whm_bench.edit(NAME, "A", [OTHER])
    with pytest.raises(Stale):
        provider.apply(zone, NAME, step, nothing)
    assert whm_bench.look(NAME, "A") == (OTHER,)


def test_whm_a_stale_serial_is_read_again_and_ends_well(whm_bench: Bench):
    vendor: FakeWhm = whm_bench.vendor
    whm_bench.edit(NAME, "A", [OLD])
    raced = []

    def race() -> None:
        if not raced:
            raced.append(1)
            whm_bench.edit(f"other.{ZONE}", "A", [OTHER])  # lines and serial move under us

    found = converge(whm_bench.provider(), Target(Zone(ZONE, ZONE), NAME, 60), {"A": (NEW,)}, race)
    assert (found.outcome, whm_bench.look(NAME, "A")) == (Outcome.APPLIED, (NEW,))
    assert sum(vendor.is_write(r) for r in vendor.requests) == 2


def test_whm_the_token_never_stands_in_an_address(whm_bench: Bench):
    whm_bench.provider().zones()
    assert all("WHMTOKEN" not in r.path and not r.query for r in whm_bench.vendor.requests)


# --- RFC 2136 and PowerDNS ------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [("A", [OTHER]), ("A", [OLD, OTHER]), ("AAAA", ["2001:db8::99"])])
def test_rfc2136_an_edit_between_our_read_and_write_is_refused_by_the_server(rfc2136_bench: Bench, change: tuple):
    provider, zone = rfc2136_bench.provider(), Zone(ZONE, ZONE)
    name = f"race-{change[0].lower()}{len(change[1])}.{ZONE}"
    rfc2136_bench.edit(name, "A", [OLD])
    step = move(provider.read(zone, name), NEW)
    rfc2136_bench.edit(name, *change)
    with pytest.raises(Stale):
        provider.apply(zone, name, step, nothing)
    assert NEW not in rfc2136_bench.look(name, "A")


def test_rfc2136_an_unknown_key_name_is_unauthorized(rfc2136_bench: Bench):
    with pytest.raises(ProviderUnauthorized):
        rfc2136_bench.provider(tsig_name="nobody").zones()


def test_rfc2136_a_zone_that_the_server_does_not_hold_is_told(rfc2136_bench: Bench):
    report = rfc2136_bench.provider(zone="example.org").check()
    assert not report.ok


@pytest.mark.parametrize("kind", ["powerdns", "rfc2136"])
def test_ipv6_servers_are_reached(kind: str, request: pytest.FixtureRequest):
    import ipaddress

    from serversctl.kernel.outbound import Outbound
    from support.vendors import benches

    server_class, make = (PowerDns, benches.powerdns_bench) if kind == "powerdns" else (Bind, benches.rfc2136_bench)
    with server_class.start(address="::1", zone=ZONE) as server:
        bench = make(server)
        bench.outbound = Outbound(allow=(ipaddress.ip_network("::1/128"),))
        provider = bench.provider()
        found = converge(provider, Target(provider.zones(ZONE)[0], NAME, 60), {"AAAA": ("2001:db8::7",)}, nothing)
        assert (found.outcome, server.dig(NAME, "AAAA")) == (Outcome.APPLIED, ("2001:db8::7",))


def test_private_networks_are_closed_unless_the_operator_lists_them(powerdns_bench: Bench):
    from serversctl.kernel.outbound import Outbound

    powerdns_bench.outbound = Outbound()
    with pytest.raises(Refused) as refused:
        powerdns_bench.provider().zones()
    assert "SERVERSCTL_OUTBOUND_ALLOW" in refused.value.detail


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), (None, 30), ("", 30), ("-5", 1), ("99999999", 3600), ("nan", 30), ("inf", 3600),
                                                ("soon", 30), ("Wed, 21 Oct 2015 07:28:00 GMT", 1)])  # fmt: skip
def test_retry_after_is_kept_within_reason(value: str | None, seconds: float):
    assert retry_after_sec(value) == seconds
