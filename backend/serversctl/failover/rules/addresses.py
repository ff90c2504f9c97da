"""Which addresses of a member may stand in the pool's record: approved by the operator, and reachable by clients."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...kernel.address_kinds import Kind, kind_of
from .view import Addresses

# A zone that serves an internal network may hold these; the rest can be reached from nowhere.
INTERNAL_KINDS = frozenset({Kind.PRIVATE, Kind.CGNAT, Kind.LOOPBACK, Kind.DOCUMENTATION, Kind.BENCHMARK, Kind.PUBLIC})


@dataclass(frozen=True, slots=True)
class Publishable:
    """Addresses by record type, or the reason why there are none."""

    addresses: Addresses
    problem: str = ""


@lru_cache(maxsize=16384)  # asked for each member in each look, and the answer changes about never
def publishable(
    *,
    public_ips: tuple[str, ...],
    allowed_ips: tuple[str, ...],
    declared: str | None = None,
    source: str | None = None,
    internal: bool = False,
    dynamic: bool = False,
) -> Publishable:
    """What to publish for one member.

    All of `public_ips` when the operator named them. Otherwise one per family out of the single addresses in
    `allowed_ips`, the declared one first. With `dynamic`, the declared address wins when we saw it ourselves as the
    source or when it is approved. Nothing else is ever published.
    """
    named = [text for text in (_canonical(value) for value in public_ips or _singles(allowed_ips)) if text]
    declared, source = _canonical(declared), _canonical(source)
    usable = [text for text in named if _usable(text, internal=internal)]
    observed = dynamic and declared is not None and declared == source and _usable(declared, internal=internal)
    if declared is not None and (declared in usable or observed) and (dynamic or not public_ips):
        usable = [declared, *(text for text in usable if text != declared)]
    if dynamic or not public_ips:
        usable = _first_per_family(usable)
    if not usable:
        return Publishable({}, _problem(named, internal=internal))
    found: dict[str, tuple[str, ...]] = {}
    for text in dict.fromkeys(usable):
        kind = "A" if ipaddress.ip_address(text).version == 4 else "AAAA"
        found[kind] = (*found.get(kind, ()), text)
    return Publishable(found)


def looks_internal(addresses: Iterable[str]) -> bool:
    """A pool none of whose members has a public address serves an internal network."""
    known = [text for text in map(_canonical, addresses) if text]
    return bool(known) and not any(_usable(text, internal=False) for text in known)


def _usable(text: str, *, internal: bool) -> bool:
    kind = kind_of(ipaddress.ip_address(text))
    return kind is Kind.PUBLIC or (internal and kind in INTERNAL_KINDS)


def _canonical(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address((text or "").strip()))
    except ValueError:
        return None


def _singles(allowed: Sequence[str]) -> list[str]:
    return [text.split("/")[0] if text.endswith(("/32", "/128")) else text for text in allowed]


def _first_per_family(addresses: Sequence[str]) -> list[str]:
    first: dict[int, str] = {}
    for text in addresses:
        first.setdefault(ipaddress.ip_address(text).version, text)
    return list(first.values())


def _problem(named: Sequence[str], *, internal: bool) -> str:
    if not named:
        return "No address of this member is approved for DNS: name one in its settings under public addresses."
    shown = named[0]
    kind = kind_of(ipaddress.ip_address(shown))
    hint = " Mark the zone internal if clients are on that network." if kind in INTERNAL_KINDS and not internal else ""
    return f"{shown} is {kind.value}: clients cannot reach it.{hint}"
