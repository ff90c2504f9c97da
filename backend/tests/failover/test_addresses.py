"""What may stand in a record: approved, reachable, and never invented."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serversctl.failover.rules.addresses import looks_internal, publishable
from serversctl.kernel.address_kinds import Kind, kind_of

PUBLIC, OTHER, V6 = "9.9.9.9", "9.9.9.10", "2620:fe::9"


def found(**given: Any) -> Any:
    return publishable(**{"public_ips": (), "allowed_ips": (), **given}).addresses


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"allowed_ips": (PUBLIC,)}, {"A": (PUBLIC,)}),
        ({"allowed_ips": (PUBLIC, OTHER, V6)}, {"A": (PUBLIC,), "AAAA": (V6,)}),
        ({"allowed_ips": (PUBLIC, OTHER), "declared": OTHER}, {"A": (OTHER,)}),
        ({"allowed_ips": (PUBLIC,), "declared": "9.9.9.99"}, {"A": (PUBLIC,)}),
        ({"allowed_ips": ("9.9.9.0/24",), "declared": PUBLIC}, {}),
        ({"allowed_ips": ("9.9.9.9/32",)}, {"A": (PUBLIC,)}),
        ({"allowed_ips": ("10.0.0.1", PUBLIC)}, {"A": (PUBLIC,)}),
        ({"public_ips": (PUBLIC, OTHER), "allowed_ips": ("10.0.0.1",)}, {"A": (PUBLIC, OTHER)}),
        ({"public_ips": (PUBLIC,), "declared": OTHER, "source": OTHER}, {"A": (PUBLIC,)}),
        ({"allowed_ips": ("9.9.9.0/24",), "declared": OTHER, "source": OTHER, "dynamic": True}, {"A": (OTHER,)}),
        ({"allowed_ips": ("9.9.9.0/24",), "declared": OTHER, "source": PUBLIC, "dynamic": True}, {}),
        ({"allowed_ips": ("10.0.0.1",)}, {}),
        ({"allowed_ips": ("10.0.0.1",), "internal": True}, {"A": ("10.0.0.1",)}),
        ({"allowed_ips": ("169.254.1.1", "224.0.0.1", "::ffff:9.9.9.9"), "internal": True}, {}),
        ({"allowed_ips": (" 9.9.9.9 ", "nonsense")}, {"A": (PUBLIC,)}),
    ],
)
def test_what_is_published(given: dict[str, Any], wanted: dict[str, tuple[str, ...]]) -> None:
    assert found(**given) == wanted


@pytest.mark.parametrize("address", ["10.1.2.3", "100.64.0.1", "127.0.0.1", "203.0.113.9", "fd00::1"])
def test_a_reason_names_the_address_and_the_way_out(address: str) -> None:
    problem = publishable(public_ips=(), allowed_ips=(address,)).problem
    assert str(ipaddress.ip_address(address)) in problem
    assert "internal" in problem


@given(st.lists(st.ip_addresses().map(str), max_size=4), st.ip_addresses().map(str), st.booleans())
def test_only_public_and_approved_or_observed_addresses_are_ever_published(
    allowed: list[str], declared: str, dynamic: bool
) -> None:
    got = found(allowed_ips=tuple(allowed), declared=declared, source=declared, dynamic=dynamic)
    for kind, texts in got.items():
        for text in texts:
            address = ipaddress.ip_address(text)
            assert kind_of(address) is Kind.PUBLIC
            assert (address.version == 4) == (kind == "A")
            assert text in {str(ipaddress.ip_address(one)) for one in allowed} or (dynamic and text == declared)


def test_a_pool_without_any_public_address_is_internal() -> None:
    assert looks_internal(["10.0.0.1", "203.0.113.7"])
    assert not looks_internal(["10.0.0.1", PUBLIC])
    assert not looks_internal([])
