"""Whose request is this? The peer's address, or the one that our own proxy names, and never a guess.

One fixed rule. A header is believed only when the peer is one of our proxies. Its lines are read as one list in
the order in which they came; the walk goes from the right (the end that our own proxy wrote), steps over our
proxies, and stops at the first address that is not one of them. An entry on that way that is no plain address ends
the walk with "unknown": what stands further left could have been written by anybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# More hops than any chain of ours; longer lists come from somebody who wants to keep us busy.
HOPS_MAX, TEXT_MAX = 16, 2048


def client_address(
    peer: str, header_values: Sequence[str], trusted: Sequence[Network], header_configured: bool
) -> str | None:
    """The client's address in canonical form, or None when it cannot be known (agents then get `source_ip_missing`).

    `header_values` are the values of the configured header, one per header line. IPv4 inside IPv6
    (`::ffff:192.0.2.1`) counts as IPv4, a port is cut off, a peer's zone (`%eth0`) is dropped.
    """
    direct = _parse_peer(peer)
    if direct is None:
        return None
    if not header_configured or not _is_trusted(direct, trusted):
        return str(direct)
    text = ",".join(header_values)
    if not text or len(text) > TEXT_MAX:
        return None
    entries = text.split(",")
    if len(entries) > HOPS_MAX:
        return None
    named: Address | None = None
    for entry in reversed(entries):
        named = _parse(entry)
        if named is None or not _is_trusted(named, trusted):
            break
    return None if named is None else str(named)


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


@lru_cache(maxsize=8192)
def _parse_peer(peer: str) -> Address | None:
    return _plain(peer.partition("%")[0])


@lru_cache(maxsize=8192)
def _parse(entry: str) -> Address | None:
    """`192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`; None for anything else."""
    text = entry.strip(" \t")
    port = ""
    if text.startswith("["):
        text, bracket, port = text[1:].partition("]")
        if not bracket or ":" not in text or (port and not port.startswith(":")):
            return None
        if port:
            port = port[1:] or "missing"
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        port = port or "missing"
    if port and not (port.isascii() and port.isdigit() and 0 < len(port) <= 5 and int(port) <= 65535):
        return None
    return None if "%" in text else _plain(text)


def _plain(text: str) -> Address | None:
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return None if address.is_unspecified or address.is_multicast else address
