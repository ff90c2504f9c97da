"""What an IP address is for: public, or one of the special blocks of the IANA registries (RFC 6890 and later)."""

from __future__ import annotations

import ipaddress
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Kind(StrEnum):
    """The value completes the sentence "203.0.113.7 is …"."""

    PUBLIC = "a public address"
    PRIVATE = "a private address"
    CGNAT = "a carrier-grade NAT address (100.64.0.0/10)"
    LOOPBACK = "a loopback address"
    LINK_LOCAL = "a link-local address"
    DOCUMENTATION = "a documentation address"
    BENCHMARK = "a benchmarking address"
    MULTICAST = "a multicast address"
    UNSPECIFIED = "an unspecified address"
    EMBEDDED = "an IPv4 address wrapped in IPv6"
    RESERVED = "a reserved address"


# First match wins, so the narrow blocks stand before the wide ones.
_BLOCKS: tuple[tuple[Network, Kind], ...] = tuple(
    (ipaddress.ip_network(block), kind)
    for kind, blocks in (
        (Kind.UNSPECIFIED, "0.0.0.0/8 ::/128"),
        (Kind.LOOPBACK, "127.0.0.0/8 ::1/128"),
        (Kind.PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10"),
        (Kind.CGNAT, "100.64.0.0/10"),
        (Kind.LINK_LOCAL, "169.254.0.0/16 fe80::/10"),
        (Kind.DOCUMENTATION, "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20"),
        (Kind.BENCHMARK, "198.18.0.0/15 2001:2::/48"),
        (Kind.MULTICAST, "224.0.0.0/4 ff00::/8"),
        # Mapped, compatible, translated (NAT64), 6to4 and Teredo: each hides an IPv4 address that nobody looked at.
        (Kind.EMBEDDED, "::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 2002::/16 2001::/32"),
        (Kind.RESERVED, "192.0.0.0/24 192.88.99.0/24 240.0.0.0/4 100::/64 2001::/23 5f00::/16"),
    )
    for block in blocks.split()
)
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")


def kind_of(address: Address) -> Kind:
    """The block that an address stands in. IPv6 outside 2000::/3 is not given out to anybody and counts as reserved."""
    for network, kind in _BLOCKS:
        if network.version == address.version and address in network:
            return kind
    if address.version == 6 and address not in _GLOBAL_V6:
        return Kind.RESERVED
    return Kind.PUBLIC
