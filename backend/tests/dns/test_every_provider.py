"""The contract of a DNS provider, run on each one that is registered, against a real server or a strict stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from serversctl.dns.authority import Authority
from serversctl.dns.ports import (
    Provider,
    ProviderUnauthorized,
    ProviderUnavailable,
    RateLimited,
    Refused,
    Zone,
    options_of,
)
from serversctl.dns.reconcile import Outcome, Target, Want, converge
from serversctl.dns.registry import all_providers
from support.vendors.benches import ZONE, Bench

NAMES = itertools.count()
V4, OTHER_V4, V6 = "203.0.113.10", "203.0.113.20", "2001:db8::10"


@pytest.fixture
def name() -> str:
    """A name that no test used before."""
    return f"lb{next(NAMES)}.{ZONE}"


@pytest.fixture
def provider(bench: Bench) -> Iterator[Provider]:
    made = bench.provider()
    yield made
    made.close()


def the_zone(provider: Provider) -> Zone:
    return provider.zones(ZONE)[0]


def aim(provider: Provider, name: str, **other: object) -> Target:
    return Target(the_zone(provider), name, 60, **other)  # type: ignore[arg-type]


def free() -> None:
    """A fence that always lets through."""


def test_lists_its_zone_and_only_that_by_name(provider: Provider):
    assert ZONE in [zone.name for zone in provider.zones()]
    assert [zone.name for zone in provider.zones(ZONE)] == [ZONE]
    assert provider.zones("not-ours.example") == []


def test_creates_the_record_of_an_empty_name(provider: Provider, bench: Bench, name: str):
    found = converge(provider, aim(provider, name), {"A": (V4,)}, free)
    assert (found.outcome, found.observed) == (Outcome.APPLIED, {"A": (V4,)})
    assert bench.look(name, "A") == (V4,)


def test_a_second_run_writes_nothing(provider: Provider, name: str):
    converge(provider, aim(provider, name), {"A": (V4,), "AAAA": (V6,)}, free)

    def no_write() -> None:
        raise AssertionError("nothing to write")

    again = converge(provider, aim(provider, name), {"A": (V4,), "AAAA": (V6,)}, no_write)
    assert (again.outcome, again.writes) == (Outcome.IN_SYNC, ())


def test_moves_the_address_in_place(provider: Provider, bench: Bench, name: str):
    bench.edit(name, "A", [V4])
    found = converge(provider, aim(provider, name), {"A": (OTHER_V4,)}, free)
    assert found.outcome is Outcome.APPLIED
    assert [(write.kind, write.old, write.new) for write in found.writes] == [("update", V4, OTHER_V4)]
    assert bench.look(name, "A") == (OTHER_V4,)


def test_moves_both_families_together_and_drops_our_ipv6_when_the_new_host_has_none(
    provider: Provider, bench: Bench, name: str
):
    first = converge(provider, aim(provider, name), {"A": (V4,), "AAAA": (V6,)}, free)
    owned = frozenset(record.id for record in first.records)
    found = converge(provider, aim(provider, name, owned=owned), {"A": (OTHER_V4,)}, free)
    assert found.outcome is Outcome.APPLIED
    assert (bench.look(name, "A"), bench.look(name, "AAAA")) == ((OTHER_V4,), ())


@pytest.mark.parametrize(("kind", "value"), [("A", "203.0.113.99"), ("AAAA", "2001:db8::99"), ("HTTPS", "1 . alpn=h2")])
def test_a_strangers_record_on_the_name_is_a_conflict_and_stays(
    provider: Provider, bench: Bench, name: str, kind: str, value: str
):
    first = converge(provider, aim(provider, name), {"A": (V4,)}, free)
    owned = frozenset(record.id for record in first.records)
    bench.edit(name, kind, [value] if kind != "A" else [V4, value])
    found = converge(provider, aim(provider, name, owned=owned), {"A": (OTHER_V4,)}, free)
    assert (found.outcome, found.writes) == (Outcome.CONFLICT, ())
    assert V4 in bench.look(name, "A")


def test_adopting_a_name_replaces_its_cname_without_a_moment_of_nothing(provider: Provider, bench: Bench, name: str):
    bench.edit(name, "CNAME", [f"old.{ZONE}."])
    assert converge(provider, aim(provider, name), {"A": (V4,)}, free).outcome is Outcome.CONFLICT
    found = converge(provider, aim(provider, name, adopted=True), {"A": (V4,)}, free)
    assert (found.outcome, found.observed) == (Outcome.APPLIED, {"A": (V4,)})


def test_adopting_a_name_removes_the_others_in_the_same_step(provider: Provider, bench: Bench, name: str):
    bench.edit(name, "A", [V4, "203.0.113.99"])
    bench.edit(name, "AAAA", [V6])
    found = converge(provider, aim(provider, name, adopted=True), {"A": (OTHER_V4,)}, free)
    assert found.outcome is Outcome.APPLIED
    assert (bench.look(name, "A"), bench.look(name, "AAAA")) == ((OTHER_V4,), ())


def test_a_changed_ttl_is_put_right(provider: Provider, name: str):
    converge(provider, Target(the_zone(provider), name, 300), {"A": (V4,)}, free)
    found = converge(provider, aim(provider, name), {"A": (V4,)}, free)
    assert found.outcome is Outcome.APPLIED
    assert {record.ttl for record in found.records} == {60}


def test_records_of_other_types_and_names_stay(provider: Provider, bench: Bench, name: str):
    bench.edit(name, "TXT", ['"keep me"'])
    bench.edit("x" + name, "A", ["203.0.113.77"])
    converge(provider, aim(provider, name), {"A": (V4,)}, free)
    converge(provider, aim(provider, name), {"A": (OTHER_V4,)}, free)
    assert [text.strip('"') for text in bench.look(name, "TXT")] == ["keep me"]
    assert bench.look("x" + name, "A") == ("203.0.113.77",)


def test_nothing_is_written_when_the_fence_closes(provider: Provider, bench: Bench, name: str):
    class LostLease(Exception):
        pass

    def closed() -> None:
        raise LostLease

    bench.edit(name, "A", [V4])
    with pytest.raises(LostLease):
        converge(provider, aim(provider, name), {"A": (OTHER_V4,)}, closed)
    assert bench.look(name, "A") == (V4,)


def test_a_good_credential_is_reported_with_its_zones(provider: Provider):
    report = provider.check()
    assert report.ok, report
    assert ZONE in report.zones


def test_a_bad_secret_is_unauthorized_and_the_report_says_a_fix(bench: Bench):
    provider = bench.provider(**bench.bad_secret)
    with pytest.raises(ProviderUnauthorized):
        provider.read(Zone(ZONE, ZONE), f"lb.{ZONE}")
    report = provider.check()
    assert not report.ok
    assert report.fix
    provider.close()


def test_a_server_that_is_away_is_unavailable_for_reads(bench: Bench, free_port: int):
    moved = {
        "powerdns": {"api_url": f"http://127.0.0.1:{free_port}"},
        "rfc2136": {"port": free_port},
        "whm": {"port": free_port},
    }
    bench.cloudflare_api_base = f"http://127.0.0.1:{free_port}"
    provider = bench.provider(**moved.get(bench.kind, {}))
    with pytest.raises(ProviderUnavailable):
        provider.read(Zone(ZONE, ZONE), f"lb.{ZONE}")
    provider.close()


def test_the_budget_is_asked_before_every_request(bench: Bench):
    def empty() -> None:
        raise RateLimited("The budget is used up.", retry_after_sec=7)

    provider = bench.provider(meter=empty)
    found = converge(provider, Target(Zone(ZONE, ZONE), f"lb.{ZONE}", 60), {"A": (V4,)}, free)
    assert (found.outcome, found.retry_after_sec) == (Outcome.RATE_LIMITED, 7)
    provider.close()


def test_the_zones_own_servers_are_asked_after_the_write(provider: Provider, bench: Bench, name: str):
    servers = provider.authorities(the_zone(provider))
    authority = Authority(bench.outbound, name_servers=lambda _zone: [])

    def verify(zone: Zone, fqdn: str, want: Want) -> bool | None:
        return authority.agrees(zone.name, servers, fqdn, want)

    found = converge(provider, aim(provider, name), {"A": (V4,), "AAAA": (V6,)}, free, verify=verify)
    # Where the provider names no server, the zone's NS records do; a stand-in's zone is not delegated to anybody.
    assert found.verified is (True if servers else None)
    if servers:
        assert authority.agrees(ZONE, servers, name, {"A": (OTHER_V4,)}) is False


@pytest.mark.parametrize("kind", list(all_providers()))
def test_every_field_of_a_config_can_draw_itself(kind: str):
    for option in options_of(all_providers()[kind].config_class):
        assert option.label, option.name
        assert option.help, option.name
    assert any(option.secret for option in options_of(all_providers()[kind].config_class))


# --- TXT values, for ACME ---------------------------------------------------------------------------------------

PROOF, OTHER_PROOF = "x" * 43, "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"


def test_a_text_value_stands_beside_others_and_goes_alone(provider: Provider, bench: Bench, name: str):
    zone = the_zone(provider)
    bench.edit(name, "TXT", ['"keep me"'])
    provider.add_text(zone, name, PROOF, 60, free)
    provider.add_text(zone, name, OTHER_PROOF, 60, free)
    assert sorted(provider.texts(zone, name)) == sorted(["keep me", PROOF, OTHER_PROOF])
    provider.remove_text(zone, name, PROOF, free)
    assert sorted(text.strip('"') for text in bench.look(name, "TXT")) == sorted(["keep me", OTHER_PROOF])


def test_a_text_value_is_added_once_and_removed_in_peace_when_it_is_gone(provider: Provider, bench: Bench, name: str):
    zone = the_zone(provider)
    for _ in range(2):
        provider.add_text(zone, name, PROOF, 60, free)
    assert [text.strip('"') for text in bench.look(name, "TXT")] == [PROOF]
    for _ in range(2):
        provider.remove_text(zone, name, PROOF, free)
    assert bench.look(name, "TXT") == ()
    provider.remove_text(zone, name, "never-there", free)


def test_text_values_leave_the_addresses_of_the_name_alone(provider: Provider, bench: Bench, name: str):
    converge(provider, aim(provider, name), {"A": (V4,), "AAAA": (V6,)}, free)
    zone = the_zone(provider)
    provider.add_text(zone, name, PROOF, 60, free)
    provider.remove_text(zone, name, PROOF, free)
    assert (bench.look(name, "A"), bench.look(name, "AAAA")) == ((V4,), (V6,))
    assert provider.texts(zone, name) == ()


def test_a_text_is_not_written_when_the_fence_closes(provider: Provider, bench: Bench, name: str):
    class Closed(Exception):
        pass

    def closed() -> None:
        raise Closed

    bench.edit(name, "TXT", [f'"{PROOF}"'])
    with pytest.raises(Closed):
        provider.add_text(the_zone(provider), name, OTHER_PROOF, 60, closed)
    with pytest.raises(Closed):
        provider.remove_text(the_zone(provider), name, PROOF, closed)
    assert [text.strip('"') for text in bench.look(name, "TXT")] == [PROOF]


@pytest.mark.parametrize("value", ["", 'a"b', "a\\b", "a\nb", "ü", "x" * 256])
def test_a_text_that_would_need_escapes_is_refused(provider: Provider, name: str, value: str):
    with pytest.raises(Refused):
        provider.add_text(the_zone(provider), name, value, 60, free)


def test_a_bad_secret_writes_no_text(bench: Bench, name: str):
    provider = bench.provider(**bench.bad_secret)
    with pytest.raises(ProviderUnauthorized):
        provider.add_text(Zone(ZONE, ZONE), name, PROOF, 60, free)
    provider.close()
