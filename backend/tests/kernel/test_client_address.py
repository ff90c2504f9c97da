"""The matrix peer x header x configuration: who is believed, and when nobody is."""

from __future__ import annotations

import ipaddress

import pytest
from serversctl.kernel.client_address import client_address

TRUSTED = tuple(ipaddress.ip_network(text) for text in ("10.0.0.0/24", "2001:db8:aaaa::/48"))
PROXY, PROXY6, STRANGER = "10.0.0.7", "2001:db8:aaaa::7", "198.51.100.9"

NO_HEADER_CONFIGURED = [
    (STRANGER, [], STRANGER),
    (STRANGER, ["203.0.113.1"], STRANGER),
    (PROXY, ["203.0.113.1"], PROXY),
    (PROXY, [], PROXY),
    ("127.0.0.1", ["203.0.113.1"], "127.0.0.1"),
    ("::1", [], "::1"),
    ("::ffff:198.51.100.9", [], STRANGER),
    ("2001:DB8:0:0::1", [], "2001:db8::1"),
    ("fe80::1%eth0", [], "fe80::1"),
    ("", [], None),
    ("unix:", [], None),
    ("localhost", [], None),
    ("0.0.0.0", [], None),
    ("::", [], None),
]

STRANGERS_HEADERS_ARE_NOT_READ = [
    (STRANGER, [], STRANGER),
    (STRANGER, ["203.0.113.1"], STRANGER),
    (STRANGER, ["10.0.0.7"], STRANGER),
    (STRANGER, ["203.0.113.1", "203.0.113.2"], STRANGER),
    (STRANGER, ["garbage"], STRANGER),
    (STRANGER, [""], STRANGER),
    ("10.0.1.7", ["203.0.113.1"], "10.0.1.7"),
    ("::ffff:198.51.100.9", ["203.0.113.1"], STRANGER),
    ("2001:db8:bbbb::1", ["203.0.113.1"], "2001:db8:bbbb::1"),
    ("127.0.0.1", ["203.0.113.1"], "127.0.0.1"),
]

PROXIES_HEADERS = [
    # one plain address
    (PROXY, ["203.0.113.1"], "203.0.113.1"),
    (PROXY, ["  203.0.113.1\t"], "203.0.113.1"),
    (PROXY, ["2001:db8::1"], "2001:db8::1"),
    (PROXY, ["2001:DB8::0001"], "2001:db8::1"),
    (PROXY6, ["203.0.113.1"], "203.0.113.1"),
    (PROXY6, ["2001:db8::1"], "2001:db8::1"),
    ("::ffff:10.0.0.7", ["203.0.113.1"], "203.0.113.1"),
    (PROXY, ["::ffff:203.0.113.1"], "203.0.113.1"),
    (PROXY, ["::ffff:cb00:7101"], "203.0.113.1"),
    (PROXY, ["192.168.1.5"], "192.168.1.5"),
    (PROXY, ["127.0.0.1"], "127.0.0.1"),
    # ports and brackets
    (PROXY, ["203.0.113.1:443"], "203.0.113.1"),
    (PROXY, ["[2001:db8::1]"], "2001:db8::1"),
    (PROXY, ["[2001:db8::1]:443"], "2001:db8::1"),
    (PROXY, ["[::ffff:203.0.113.1]:443"], "203.0.113.1"),
    (PROXY, ["203.0.113.1:"], None),
    (PROXY, ["203.0.113.1:99999"], None),
    (PROXY, ["203.0.113.1:-1"], None),
    (PROXY, ["203.0.113.1:4４3"], None),
    (PROXY, ["[2001:db8::1"], None),
    (PROXY, ["[2001:db8::1]443"], None),
    (PROXY, ["[2001:db8::1]:"], None),
    (PROXY, ["[203.0.113.1]:443"], None),
    # lists: the end that our proxy wrote decides
    (PROXY, ["192.0.2.66, 203.0.113.1"], "203.0.113.1"),
    (PROXY, ["192.0.2.66", "203.0.113.1"], "203.0.113.1"),
    (PROXY, ["203.0.113.1, 10.0.0.8"], "203.0.113.1"),
    (PROXY, ["203.0.113.1", "10.0.0.8"], "203.0.113.1"),
    (PROXY, ["192.0.2.66, 203.0.113.1, 10.0.0.8, 2001:db8:aaaa::9"], "203.0.113.1"),
    (PROXY, ["10.0.0.9, 203.0.113.1"], "203.0.113.1"),
    (PROXY, ["garbage, 203.0.113.1"], "203.0.113.1"),
    (PROXY, ["10.0.0.9"], "10.0.0.9"),
    (PROXY, ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
    # on that way, anything unclear is unknown
    (PROXY, [], None),
    (PROXY, [""], None),
    (PROXY, [" "], None),
    (PROXY, [","], None),
    (PROXY, ["203.0.113.1,"], None),
    (PROXY, ["203.0.113.1, "], None),
    (PROXY, ["203.0.113.1", ""], None),
    (PROXY, ["203.0.113.1, unknown"], None),
    (PROXY, ["203.0.113.1, garbage, 10.0.0.8"], None),
    (PROXY, ["unknown"], None),
    (PROXY, ["_hidden"], None),
    (PROXY, ["localhost"], None),
    (PROXY, ["203.0.113"], None),
    (PROXY, ["203.0.113.256"], None),
    (PROXY, ["203.0.113.01"], None),
    (PROXY, ["0xcb007101"], None),
    (PROXY, ["3405803777"], None),
    (PROXY, ["203.0.113.1/32"], None),
    (PROXY, ["203.0.113.1\x00"], None),
    (PROXY, ["203.0.113.1\r\nX: y"], None),
    (PROXY, ["２０３.0.113.1"], None),
    (PROXY, ["'203.0.113.1'"], None),
    (PROXY, ["for=203.0.113.1"], None),
    (PROXY, ["203.0.113.1 203.0.113.2"], None),
    (PROXY, ["fe80::1%eth0"], None),
    (PROXY, ["0.0.0.0"], None),
    (PROXY, ["::"], None),
    (PROXY, ["224.0.0.1"], None),
    (PROXY, ["ff02::1"], None),
    # bounded work
    (PROXY, [", ".join(["10.0.0.8"] * 17)], None),
    (PROXY, ["1" * 3000], None),
]


@pytest.mark.parametrize(("peer", "values", "expected"), NO_HEADER_CONFIGURED)
def test_without_a_configured_header_the_peer_is_the_client(peer: str, values: list[str], expected: str | None) -> None:
    assert client_address(peer, values, TRUSTED, header_configured=False) == expected


@pytest.mark.parametrize(("peer", "values", "expected"), STRANGERS_HEADERS_ARE_NOT_READ)
def test_a_header_from_a_stranger_changes_nothing(peer: str, values: list[str], expected: str | None) -> None:
    assert client_address(peer, values, TRUSTED, header_configured=True) == expected


@pytest.mark.parametrize(("peer", "values", "expected"), PROXIES_HEADERS)
def test_a_header_from_our_proxy_names_the_client_or_nobody(peer: str, values: list[str], expected: str | None) -> None:
    assert client_address(peer, values, TRUSTED, header_configured=True) == expected


def test_with_no_trusted_networks_no_header_is_ever_believed() -> None:
    assert client_address(PROXY, ["203.0.113.1"], (), header_configured=True) == PROXY


def test_a_client_cannot_choose_its_address_by_prepending_entries() -> None:
    for forged in ("203.0.113.1", "10.0.0.8", "::1", "garbage"):
        assert client_address(PROXY, [forged, STRANGER], TRUSTED, header_configured=True) == STRANGER
        assert client_address(PROXY, [f"{forged}, {STRANGER}"], TRUSTED, header_configured=True) == STRANGER
