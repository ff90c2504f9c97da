"""What may be said of a member. Values in, clean values out, refusals with the fix."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..kernel.address_kinds import Kind, kind_of
from ..kernel.errors import Invalid

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")

SOURCES_MAX = 64
# RFC 1123 host names; one label is fine, as many hosts have no domain.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")


def clean_hostname(text: str, field: str = "hostname") -> str:
    """In lower case, without a final dot. Raises Invalid."""
    name = text.lower().removesuffix(".")
    if len(name) > 253 or not HOSTNAME.match(name):
        hint = " Write international names in their xn-- form." if not text.isascii() else ""
        raise _invalid(
            field, "hostname_invalid", f"Use a host name such as lb1.example.com, as `hostname -f` shows it.{hint}"
        )
    return name


def is_called(hostname: str, said: str) -> bool:
    """Is this the name that a member was enrolled as? Without regard to case or a final dot."""
    return said.removesuffix(".").lower() == hostname.lower()


def clean_name(text: str, field: str, limit: int) -> str:
    name = " ".join(text.split())
    if not name or len(name) > limit or not name.isprintable():
        raise _invalid(field, "name_invalid", f"Use 1 to {limit} printable characters.")
    return name


def clean_sources(texts: Sequence[str], field: str = "allowedIps") -> list[str]:
    """Addresses and networks that a member may speak from, canonical, without doubles. Raises Invalid."""
    if not texts:
        raise _invalid(
            field, "source_missing", "Give at least one address: the one that the host's requests come from."
        )
    return _each(texts, field, lambda text: str_of(parse_source(text)))


def clean_addresses(texts: Sequence[str], field: str = "publicIps") -> list[str]:
    """Single addresses. Whether one may be published is for the room that publishes."""
    return _each(texts, field, _single)


def parse_source(text: str) -> Network:
    """One address or CIDR block that requests can come from. Raises ValueError with the fix."""
    if text != text.strip() or " " in text:
        raise ValueError(f"{text!r}: remove the spaces.")
    if "%" in text:
        raise ValueError(f"{text}: leave out the zone after %.")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text}: use an address such as 203.0.113.10 or a block such as 203.0.113.0/24.") from None
    address = ipaddress.ip_address(text.partition("/")[0])
    if network.network_address != address:
        raise ValueError(f"{text}: write the block as {network}, or the one address without /{network.prefixlen}.")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise ValueError(f"{text}: write it as IPv4, {address.ipv4_mapped}.")
    if network.prefixlen == 0:
        raise ValueError(f"{text} allows the whole internet: give the addresses that the host really uses.")
    if kind_of(address) in {Kind.MULTICAST, Kind.UNSPECIFIED} or text == "255.255.255.255":
        raise ValueError(f"{text} is {kind_of(address).value}: no request comes from it.")
    return network


def str_of(network: Network) -> str:
    """An address without its full prefix, a block with it."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def allows(allowed: Sequence[str], source: str) -> bool:
    """Whether a request from this address comes from one of the allowed ones."""
    address = ipaddress.ip_address(source)
    return any(address in ipaddress.ip_network(text, strict=False) for text in allowed)


def _single(text: str) -> str:
    network = parse_source(text)
    if network.prefixlen != network.max_prefixlen:
        raise ValueError(f"{text} is a block: give single addresses.")
    return str(network.network_address)


def _each(texts: Sequence[str], field: str, clean: Callable[[str], str]) -> list[str]:
    if len(texts) > SOURCES_MAX:
        raise _invalid(field, "too_many_addresses", f"Give at most {SOURCES_MAX} addresses; use a block for a range.")
    cleaned, wrong = [], []
    for text in texts:
        try:
            cleaned.append(clean(text))
        except ValueError as why:
            wrong.append(str(why))
    if wrong:
        raise Invalid("address_invalid", wrong[0], errors={field: wrong})
    return list(dict.fromkeys(cleaned))


def _invalid(field: str, code: str, sentence: str) -> Invalid:
    return Invalid(code, sentence, errors={field: [sentence]})
