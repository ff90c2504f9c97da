"""What may be published, what is written, and what nobody may write, with values alone."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serversctl.dns import rules
from serversctl.dns.names import clean_label, clean_zone, fqdn
from serversctl.dns.ports import ADDRESS_TYPES, Change, ChangeKind, Limits, Plan, Record
from serversctl.dns.providers.cloudflare import CloudflareDns
from serversctl.dns.providers.powerdns import PowerDns
from serversctl.kernel.errors import Invalid

OLD, NEW, OTHER = "198.51.100.1", "198.51.100.2", "198.51.100.3"


def record(content: str, kind: str = "A", *, ttl: int = 60, proxied: bool = False, record_id: str = "") -> Record:
    return Record(record_id or f"{kind}/{content}", kind, content, ttl, proxied)


def plan(want: dict[str, tuple[str, ...]], *actual: Record, **how: object) -> Plan:
    return rules.plan(want=want, actual=actual, ttl=60, proxied=False, **how)  # type: ignore[arg-type]


def steps(made: Plan) -> list[tuple[str, str | None, str | None]]:
    return [(c.kind.value, c.before and c.before.content, c.after and c.after.content) for c in made.changes]


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("10.0.0.1", "private"), ("172.16.0.1", "private"), ("192.168.1.1", "private"), ("fd00::1", "private"),
        ("100.64.0.1", "carrier-grade"), ("100.127.255.255", "carrier-grade"), ("127.0.0.1", "loopback"), ("::1", "loopback"),
        ("169.254.1.1", "link-local"), ("fe80::1", "link-local"), ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"), ("203.0.113.1", "documentation"), ("2001:db8::1", "documentation"),
        ("224.0.0.1", "multicast"), ("ff02::1", "multicast"), ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"),
        ("::", "unspecified"), ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"), ("192.0.0.1", "reserved"),
        ("::ffff:8.8.8.8", "wrapped"), ("64:ff9b::808:808", "wrapped"), ("2002:808:808::", "wrapped"), ("198.18.0.1", "benchmarking"),
        ("4000::1", "reserved"), ("8.8.8.8 ", "not an IP"), ("8.8.8.0/24", "not a network"), ("08.8.8.8", "not an IP"),
        ("8.8.8", "not an IP"), ("", "not an IP"), ("fe80::1%eth0", "interface"), ("x" * 500, "not an IP"), ("١.٢.٣.٤", "not an IP"),
    ],
)  # fmt: skip
def test_an_address_that_clients_cannot_reach_is_refused_with_its_reason(address: str, word: str):
    found = rules.publishable(address)
    assert found.address is None
    assert word in found.reason


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "100.63.255.255", "100.128.0.1", "172.32.0.1", "172.15.255.255"]
)
def test_public_addresses_may_be_published(address: str):
    assert rules.publishable(address).address == address


@pytest.mark.parametrize(("address", "fine"), [("10.0.0.1", True), ("100.64.0.1", True), ("fd00::1", True), ("8.8.8.8", True),
                                               ("169.254.1.1", False), ("224.0.0.1", False), ("0.0.0.0", False), ("::ffff:10.0.0.1", False)])  # fmt: skip
def test_an_internal_zone_takes_private_addresses_and_still_no_senseless_ones(address: str, fine: bool):
    assert (rules.publishable(address, internal=True).address is not None) is fine


@given(st.ip_addresses())
def test_whatever_python_calls_not_global_is_never_published(address: ipaddress.IPv4Address | ipaddress.IPv6Address):
    if not address.is_global:
        assert rules.publishable(str(address)).address is None


def test_nothing_to_publish_changes_nothing():
    assert rules.check_want({}, internal=False) == ["There is no address to publish: the record stays as it is."]
    assert rules.check_want({"A": ()}, internal=False)


def test_an_ipv6_address_does_not_fit_into_an_a_record():
    assert rules.check_want({"A": ("2606:4700::1111",)}, internal=False)


def test_an_update_keeps_the_records_id():
    made = plan({"A": (NEW,)}, record(OLD, record_id="abc"))
    assert steps(made) == [("update", OLD, NEW)]
    assert made.after[0].id == "abc"


def test_our_own_record_is_moved_rather_than_the_strangers():
    made = plan(
        {"A": (NEW,)}, record(OTHER, record_id="x"), record(OLD, record_id="ours"), owned={"ours"}, adopted=True
    )
    assert steps(made) == [("update", OLD, NEW), ("delete", OTHER, None)]


def test_two_strangers_are_a_conflict_that_names_them():
    made = plan({"A": (NEW,)}, record(OLD), record(OTHER))
    assert (steps(made), len(made.conflicts)) == ([], 2)
    assert OLD in made.conflicts[0]


def test_a_strangers_ipv6_record_beside_ours_is_a_conflict():
    assert plan({"A": (NEW,)}, record(OLD), record("2606:4700::1", "AAAA"), owned={f"A/{OLD}"}).conflicts


def test_our_ipv6_record_becomes_nothing_when_the_new_host_has_none():
    made = plan({"A": (NEW,)}, record(OLD), record("2606:4700::1", "AAAA"), owned={f"A/{OLD}", "AAAA/2606:4700::1"})
    assert steps(made) == [("update", OLD, NEW), ("delete", "2606:4700::1", None)]


def test_a_lone_ipv6_record_of_ours_turns_into_the_ipv4_one_in_place():
    made = plan({"A": (NEW,)}, record("2606:4700::1", "AAAA"), owned={"AAAA/2606:4700::1"})
    assert steps(made) == [("update", "2606:4700::1", NEW)]


def test_a_double_of_our_record_goes():
    made = plan({"A": (OLD,)}, record(OLD, record_id="1"), record(OLD, record_id="2"), owned={f"A/{OLD}"})
    assert [(c.kind, c.before and c.before.id) for c in made.changes] == [(ChangeKind.DELETE, "2")]


def test_a_proxied_record_is_not_rewritten_for_the_ttl_that_it_reads_back():
    made = rules.plan(want={"A": (OLD,)}, actual=[record(OLD, ttl=1, proxied=True)], ttl=60, proxied=True)
    assert made.changes == ()


def test_switching_the_proxy_off_is_an_update_in_place():
    made = rules.plan(want={"A": (OLD,)}, actual=[record(OLD, ttl=1, proxied=True)], ttl=60, proxied=False)
    assert made.changes[0].after == record(OLD, ttl=60)


def test_a_plan_with_very_many_changes_is_refused():
    with pytest.raises(rules.SuspiciousPlan):
        plan({"A": (NEW,)}, *(record(f"198.51.100.{n}") for n in range(20, 30)), adopted=True)


def test_a_plan_that_leaves_no_address_is_refused():
    gone = Change(ChangeKind.DELETE, record(OLD), None)
    with pytest.raises(rules.SuspiciousPlan):
        rules.check_plan(Plan((record(OLD),), (gone,), ()))
    with pytest.raises(rules.SuspiciousPlan):
        plan({}, record(OLD), owned={f"A/{OLD}"})


addresses = st.integers(1, 6).map(lambda n: f"198.51.100.{n}")
contents = {
    "A": addresses,
    "AAAA": st.integers(1, 4).map(lambda n: f"2606:4700::{n}"),
    "CNAME": st.just("old.example.net"),
    "HTTPS": st.just("1 ."),
}
actuals = st.lists(
    st.sampled_from(sorted(contents)).flatmap(lambda kind: contents[kind].map(lambda text: (kind, text))), max_size=6
).map(lambda found: [record(text, kind, record_id=str(n)) for n, (kind, text) in enumerate(found)])


@given(
    actual=actuals,
    want_v4=st.lists(addresses, max_size=2, unique=True),
    want_v6=st.lists(contents["AAAA"], max_size=2, unique=True),
    adopted=st.booleans(),
    owned=st.sets(st.integers(0, 5).map(str)),
)
def test_a_plan_ends_at_what_is_wanted_or_changes_nothing(
    actual: list[Record], want_v4: list[str], want_v6: list[str], adopted: bool, owned: set[str]
):
    want = {"A": tuple(want_v4), "AAAA": tuple(want_v6)}
    try:
        made = plan(want, *actual, owned=owned, adopted=adopted)
    except rules.SuspiciousPlan:
        return
    if made.conflicts:
        assert not made.changes
        assert not adopted
        return
    after = sorted((r.type, r.content) for r in made.after)
    assert after == sorted((kind, text) for kind in want for text in want[kind])
    assert any(r.type in ADDRESS_TYPES for r in made.after) or not made.changes
    # Nothing is deleted and made again, and no id is used twice.
    ids = [c.before.id for c in made.changes if c.before]
    assert len(ids) == len(set(ids))
    if any(c.kind is ChangeKind.CREATE and c.after and c.after.type == "A" for c in made.changes):
        assert not any(c.kind is ChangeKind.DELETE and c.before and c.before.type == "A" for c in made.changes)


@pytest.mark.parametrize(
    ("ttl", "proxied", "limits", "bound"),
    [(60, False, CloudflareDns.limits, 60), (1, False, CloudflareDns.limits, 300), (60, True, CloudflareDns.limits, 0), (30, False, PowerDns.limits, 30)],
)  # fmt: skip
def test_the_bound_says_how_long_the_last_client_may_take(ttl: int, proxied: bool, limits: Limits, bound: int):
    assert rules.worst_case_sec(30, ttl, proxied, limits) == 30 + bound


def test_names_are_lower_case_punycode_without_a_final_dot():
    assert fqdn(clean_label("LB"), clean_zone("Example.COM.")) == "lb.example.com"
    assert fqdn(clean_label("@"), clean_zone("example.com")) == "example.com"


@given(st.text(max_size=300))
def test_any_text_makes_a_name_that_dns_can_carry_or_a_refusal(text: str):
    try:
        name = fqdn(clean_label(text), "example.com")
    except Invalid:
        return
    assert name.isascii()
    assert len(name) <= 253
    assert all(0 < len(label) <= 63 for label in name.split("."))
