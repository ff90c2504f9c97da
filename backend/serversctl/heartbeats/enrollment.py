"""Why a member does not come in, and what one click would mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..members.tables import Member
from .refused import Refusal
from .rules import gap_limit_sec


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the member that would let it in. `value` is the whole new value of `field`."""

    field: str
    value: Any


@dataclass(frozen=True, slots=True)
class Standing:
    """`waiting` for a first heartbeat, `refused` with the reason, or `connected` since `age_sec`."""

    status: str
    age_sec: float | None = None
    code: str | None = None
    detail: str | None = None
    refused_age_sec: float | None = None
    seen_address: str | None = None
    said_hostname: str | None = None
    typed_hostname: str | None = None
    fix: Fix | None = None


def standing(
    member: Member, *, seen_at: float | None, interval_sec: int, refusals: Sequence[Refusal], now: float
) -> Standing:
    """`refusals` are newest first. One that is newer than the last good heartbeat wins once that one is not fresh."""
    age = None if seen_at is None else max(0.0, now - seen_at)
    newest = refusals[0] if refusals else None
    fresh = age is not None and age <= gap_limit_sec(interval_sec)
    if newest is not None and not fresh and (seen_at is None or newest.at > seen_at):
        return Standing(
            "refused",
            age_sec=age,
            code=newest.code,
            detail=newest.detail,
            refused_age_sec=max(0.0, now - newest.at),
            seen_address=newest.source,
            said_hostname=newest.said_hostname,
            typed_hostname=member.hostname,
            fix=fix_for(member, newest),
        )
    return Standing("waiting" if age is None else "connected", age_sec=age)


def fix_for(member: Member, refusal: Refusal) -> Fix | None:
    if refusal.code == "ip_not_allowed" and refusal.source:
        return Fix("allowedIps", [*member.allowed_ips, refusal.source])
    if refusal.code == "hostname_mismatch" and refusal.said_hostname:
        return Fix("hostname", refusal.said_hostname.rstrip(".").lower())
    return None
