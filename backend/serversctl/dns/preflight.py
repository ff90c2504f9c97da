"""Walks the way of a cutover before one is needed (R11): key, zone, record, the zone's servers, and once a day a write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from . import rules
from .authority import Authority
from .links import Link, find_zone
from .ports import (
    ADDRESS_TYPES,
    Change,
    ChangeKind,
    CredentialReport,
    Fence,
    Plan,
    Provider,
    ProviderError,
    Record,
    Zone,
)
from .reconcile import observed_of
from .rules import SuspiciousPlan

# A key that ends soon is told at these days before (14 and 3 amber, 1 red).
EXPIRY_AMBER_DAYS, EXPIRY_RED_DAYS = 14, 1


class Moved(Exception):
    """Raised by a fence: the pool is being moved just now, so nobody else writes."""


class Colour(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way. `warn`: it works, and somebody should look."""

    name: str
    ok: bool
    why: str
    fix: str = ""
    warn: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Preflight:
    at: datetime
    colour: Colour
    steps: tuple[Step, ...]
    wrote: bool


def colour_of(steps: Sequence[Step]) -> Colour:
    if not all(step.ok for step in steps):
        return Colour.RED
    return Colour.AMBER if any(step.warn for step in steps) else Colour.GREEN


def look(
    provider: Provider, link: Link, authority: Authority, *, write: bool, fence: Fence, now: datetime
) -> list[Step]:
    """The steps up to the first that fails. What `fence` raises goes through."""
    return list(_walk(provider, link, authority, write=write, fence=fence, now=now))


def _walk(
    provider: Provider, link: Link, authority: Authority, *, write: bool, fence: Fence, now: datetime
) -> Iterator[Step]:
    report = _report(provider)
    yield (credential := credential_step(report, now))
    if not credential.ok:
        return
    try:
        zone = find_zone(provider, link.zone)
    except ProviderError as why:
        yield Step("zone", False, why.detail, "Give the key access to this zone, or choose another zone.")
        return
    yield Step("zone", True, f"The key sees {link.zone}.")
    try:
        records = provider.read(zone, link.fqdn)
    except ProviderError as why:
        yield Step("record", False, why.detail, "Try again; if it stays, check the key's permissions.")
        return
    yield (record := record_step(link, records))
    if link.proxied:
        yield Step("answer", True, "Proxied: the public answer is the proxy's address and is not compared.")
    else:
        yield answer_step(provider, link, authority, zone, records)
    if write and record.ok:
        yield write_step(provider, link, zone, records, fence)


def _report(provider: Provider) -> CredentialReport:
    try:
        return provider.check()
    except ProviderError as why:
        return CredentialReport(False, why.detail, "Try again; if it stays, enter the key again.")


def credential_step(report: CredentialReport, now: datetime) -> Step:
    if not report.ok:
        return Step("credential", False, report.detail, report.fix)
    days = _days_left(report.expires_at, now)
    if days is None or days > EXPIRY_AMBER_DAYS:
        return Step("credential", True, report.detail)
    fix = "Make a new token at the provider and rotate this key."
    if days <= EXPIRY_RED_DAYS:
        return Step("credential", False, f"The token ends on {report.expires_at}.", fix)
    return Step("credential", True, f"The token ends in {days:.0f} days.", fix, warn=True)


def _days_left(expires_at: str | None, now: datetime) -> float | None:
    if not expires_at:
        return None
    try:
        return (datetime.fromisoformat(expires_at) - now).total_seconds() / 86400
    except (ValueError, TypeError):
        return None


def record_step(link: Link, records: Sequence[Record]) -> Step:
    """Present, ours alone, and as we left it."""
    if not records:
        if link.wanted:
            return Step("record", False, f"{link.fqdn} has no record any more.", "The next check writes it again.")
        return Step("record", True, f"{link.fqdn} has no record yet.", "The first cutover creates it.", warn=True)
    held = observed_of(tuple(records))
    wanted = link.wanted or {kind: held[kind] for kind in ADDRESS_TYPES if len(held.get(kind, ())) == 1}
    try:
        step = rules.plan(
            want=wanted,
            actual=records,
            ttl=link.ttl,
            proxied=link.proxied,
            owned=link.owned,
            adopted=link.adopted,
        )
    except SuspiciousPlan as why:
        return Step("record", False, str(why), "Clean the name up at the provider.")
    if step.conflicts:
        return Step("record", False, " ".join(step.conflicts), "Adopt the name, or remove those records yourself.")
    shown = ", ".join(f"{record.type} {record.content}" for record in records)
    if step.changes and link.wanted:
        return Step("record", True, f"{link.fqdn} holds {shown}, not what we set.", "It is put right soon.", warn=True)
    return Step("record", True, f"{link.fqdn} holds {shown}.")


def answer_step(provider: Provider, link: Link, authority: Authority, zone: Zone, records: Sequence[Record]) -> Step:
    held = {kind: found for kind, found in observed_of(tuple(records)).items() if kind in ADDRESS_TYPES}
    verdict = authority.agrees(link.zone, provider.authorities(zone), link.fqdn, held)
    if verdict is None:
        return Step(
            "answer",
            True,
            "None of the zone's name servers could be asked from here.",
            "Check that the zone is delegated and that DNS (port 53) is open for us.",
            warn=True,
        )
    if not verdict:
        return Step(
            "answer",
            False,
            "The zone's name servers answer something else than the provider holds.",
            "Check that the zone's delegation names this provider's servers.",
        )
    return Step("answer", True, "The zone's name servers answer the same.")


def write_step(provider: Provider, link: Link, zone: Zone, records: Sequence[Record], fence: Fence) -> Step:
    """Write one address record as it is: proves the right to edit and changes nothing."""
    own = [record for record in records if record.type in ADDRESS_TYPES]
    if not own:
        return Step("write", True, "There is no record to write yet.", warn=True)
    change = Change(ChangeKind.UPDATE, own[0], own[0])
    try:
        provider.apply(zone, link.fqdn, Plan(tuple(records), (change,), tuple(records)), fence)
    except Moved:
        return Step("write", True, "Left out: the pool is being moved.")
    except ProviderError as why:
        return Step("write", False, why.detail, "Give the key the right to edit DNS records of this zone.")
    return Step("write", True, "The key may edit the record.")
