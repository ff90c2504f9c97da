"""Decides what to write at a name: in place, never to zero addresses, never over somebody else's records."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..kernel.address_kinds import Kind, kind_of
from .ports import ADDRESS_TYPES, WATCHED, Change, ChangeKind, Limits, Plan, Record

# One name of one pool: more than this is a mistake somewhere, and a mistake in DNS is an outage.
CHANGES_MAX, DELETES_MAX, ADDRESSES_MAX = 8, 4, 4

# Inside a zone that the operator marks internal these are fine; the rest can be reached from nowhere.
INTERNAL_KINDS = frozenset({Kind.PRIVATE, Kind.CGNAT, Kind.LOOPBACK, Kind.DOCUMENTATION, Kind.BENCHMARK, Kind.PUBLIC})

Want = Mapping[str, Sequence[str]]


class SuspiciousPlan(Exception):
    """The plan is too large or would leave the name without an address. Nobody carries it out."""


@dataclass(frozen=True, slots=True)
class Publishable:
    """`address` in canonical form, or None and the reason."""

    address: str | None
    reason: str = ""


def publishable(text: str, *, internal: bool = False) -> Publishable:
    """May this address stand in DNS? Only public ones, unless the zone is internal."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        shown = text[:60]
        hint = " Give one address, not a network." if "/" in text else ""
        return Publishable(None, f"{shown!r} is not an IP address.{hint}")
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        return Publishable(None, f"{address} carries an interface name, which means nothing elsewhere.")
    kind = kind_of(address)
    if kind is Kind.PUBLIC or (internal and kind in INTERNAL_KINDS):
        return Publishable(str(address))
    hint = " Mark the zone internal if clients are on that network." if kind in INTERNAL_KINDS else ""
    return Publishable(None, f"{address} is {kind.value}: clients cannot reach it.{hint}")


def want_of(addresses: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Addresses by record type."""
    want: dict[str, list[str]] = {}
    for text in addresses:
        address = ipaddress.ip_address(text)
        want.setdefault("A" if address.version == 4 else "AAAA", []).append(str(address))
    return {kind: tuple(dict.fromkeys(found)) for kind, found in want.items()}


def check_want(want: Want, *, internal: bool) -> list[str]:
    """Sentences about what must not be published; empty means fine."""
    problems = []
    total = sum(len(found) for found in want.values())
    if total == 0:
        problems.append("There is no address to publish: the record stays as it is.")
    for kind, found in want.items():
        if kind not in ADDRESS_TYPES:
            problems.append(f"{kind} is not an address record.")
        if len(found) > ADDRESSES_MAX:
            problems.append(f"{len(found)} {kind} addresses are more than {ADDRESSES_MAX}.")
        for text in found:
            checked = publishable(text, internal=internal)
            if checked.address is None:
                problems.append(checked.reason)
            elif (":" in checked.address) != (kind == "AAAA"):
                problems.append(f"{text} does not belong into a record of type {kind}.")
    return problems


def ttl_to_write(ttl: int, proxied: bool, limits: Limits) -> int:
    """The TTL that the provider will take: proxied names only know "automatic"."""
    if proxied and limits.ttl_auto is not None:
        return limits.ttl_auto
    if ttl == limits.ttl_auto:
        return ttl
    return min(max(ttl, limits.ttl_min), limits.ttl_max)


def ttl_problem(ttl: int, proxied: bool, limits: Limits) -> str | None:
    """Why this TTL cannot be had from this provider, or None."""
    if ttl == limits.ttl_auto or (proxied and limits.ttl_auto is not None):
        return None
    if limits.ttl_min <= ttl <= limits.ttl_max:
        return None
    auto = f", or {limits.ttl_auto} for automatic" if limits.ttl_auto is not None else ""
    return f"Use {limits.ttl_min} to {limits.ttl_max} seconds{auto}."


def ttl_bound_sec(ttl: int, proxied: bool, limits: Limits) -> int:
    """Longest time that a resolver may keep the old answer. Proxied: the edge moves, the name's answer does not."""
    if proxied:
        return 0
    return limits.ttl_auto_sec if ttl == limits.ttl_auto else ttl


def worst_case_sec(recovery_sec: int, ttl: int, proxied: bool, limits: Limits) -> int:
    """From the fault to the last client: detection plus the TTL that resolvers may use up."""
    return recovery_sec + ttl_bound_sec(ttl, proxied, limits)


def plan(
    *,
    want: Want,
    actual: Sequence[Record],
    ttl: int,
    proxied: bool,
    owned: Collection[str] = (),
    adopted: bool = False,
) -> Plan:
    """The changes from `actual` to `want`, by record id.

    `owned` holds ids and keys ("A/203.0.113.7") of records that we wrote; those and, after an adopt, all watched
    records may be changed or removed. Anything else that is too many is a conflict, and then nothing is changed.
    Raises SuspiciousPlan.
    """
    before = tuple(record for record in actual if record.type in WATCHED)
    keep, free, missing = _match(want, before, owned)
    changes: list[Change] = []
    for record in keep:
        wished = replace(record, ttl=record.ttl if proxied and record.proxied else ttl, proxied=proxied)
        if wished != record:
            changes.append(Change(ChangeKind.UPDATE, record, wished))
    ours = [record for record in free if adopted or _is_owned(record, owned)]
    foreign = [record for record in free if record not in ours]
    for kind, content in list(missing):
        source = _take(kind, ours, foreign)
        after = Record(source.id if source else "", kind, content, ttl, proxied)
        changes.append(Change(ChangeKind.UPDATE if source else ChangeKind.CREATE, source, after))
    if foreign:
        return Plan(before, (), before, tuple(_sentence(record) for record in foreign))
    changes += [Change(ChangeKind.DELETE, record, None) for record in ours]
    made = Plan(before, tuple(changes), _outcome(before, changes))
    check_plan(made)
    return made


def _match(
    want: Want, before: Sequence[Record], owned: Collection[str]
) -> tuple[list[Record], list[Record], list[tuple[str, str]]]:
    """Records that are right already, records that are over, and (type, content) that are missing."""
    missing = [(kind, content) for kind in ADDRESS_TYPES for content in want.get(kind, ())]
    keep, free = [], []
    for record in sorted(before, key=lambda r: (not _is_owned(r, owned), WATCHED.index(r.type), r.id)):
        slot = (record.type, record.content)
        if slot in missing:
            missing.remove(slot)
            keep.append(record)
        else:
            free.append(record)
    return keep, free, missing


def _take(kind: str, ours: list[Record], foreign: list[Record]) -> Record | None:
    """A record to turn into the missing one: ours of that type, the only stranger of that type, ours of another."""
    same = [record for record in ours if record.type == kind]
    strangers = [record for record in foreign if record.type == kind]
    other = [record for record in ours if record.type not in {kind, "HTTPS"}]
    for pool, candidates in ((ours, same), (foreign, strangers if len(strangers) == 1 else []), (ours, other)):
        if candidates:
            pool.remove(candidates[0])
            return candidates[0]
    return None


def _is_owned(record: Record, owned: Collection[str]) -> bool:
    return record.id in owned or record.key in owned


def _sentence(record: Record) -> str:
    return f"{record.type} {record.content} stands at the name and is not ours: adopt the name or remove the record."


def _outcome(before: Sequence[Record], changes: Sequence[Change]) -> tuple[Record, ...]:
    left = [record for record in before if record not in {change.before for change in changes}]
    return (*left, *(change.after for change in changes if change.after is not None))


def check_plan(made: Plan) -> None:
    """Refuse what nobody can have meant. Called for every plan, and again by `converge` right before it applies."""
    deletes = sum(change.kind is ChangeKind.DELETE for change in made.changes)
    if len(made.changes) > CHANGES_MAX or deletes > DELETES_MAX:
        raise SuspiciousPlan(
            f"{len(made.changes)} changes with {deletes} deletions at one name are more than we do alone. "
            "Clean the name up by hand first."
        )
    if made.changes and not any(record.type in ADDRESS_TYPES for record in made.after):
        raise SuspiciousPlan("The name would be left without an address.")
