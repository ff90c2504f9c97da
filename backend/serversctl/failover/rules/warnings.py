"""What ranks a standby lower and never blocks it (B2, R7): told from what the agents last reported of their hosts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from uuid import UUID

from .view import Warn

CERTIFICATE_SEVERE = timedelta(days=7)
CERTIFICATE_WARN = timedelta(days=14)
DISK_SEVERE_PCT = 95.0
DISK_WARN_PCT = 85.0
MEMORY_WARN_PCT = 90.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that a host serves. `name` is a host name or its path there."""

    name: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Disk:
    mount: str
    used_pct: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a host last said of itself. What it did not say is empty, 0 or None, and is not warned of."""

    config_fingerprint: str = ""
    agent_version: int = 0
    first_to_expire: Certificate | None = None
    fullest_disk: Disk | None = None
    memory_pct: float | None = None


def pool_warnings(
    members: Collection[UUID],
    active_id: UUID | None,
    reports: Mapping[UUID, Report],
    *,
    latest_agent: int,
    now: datetime,
) -> dict[UUID, tuple[Warn, ...]]:
    """The warnings of a pool's members; who has none is left out. `latest_agent` 0: no agent was built."""
    active = None if active_id is None else reports.get(active_id)
    found = {
        member: warnings_of(report, active, latest_agent=latest_agent, now=now)
        for member in members
        if (report := reports.get(member)) is not None
    }
    return {member: warned for member, warned in found.items() if warned}


def warnings_of(report: Report, active: Report | None, *, latest_agent: int, now: datetime) -> tuple[Warn, ...]:
    """One host, compared to the active one; that differs in nothing from itself."""
    found = (
        _configuration(report, active),
        _certificate(report.first_to_expire, now),
        _agent(report, active, latest_agent),
        _disk(report.fullest_disk),
        _memory(report.memory_pct),
    )
    return tuple(warn for warn in found if warn is not None)


def _configuration(report: Report, active: Report | None) -> Warn | None:
    if active is None or not report.config_fingerprint or not active.config_fingerprint:
        return None
    if report.config_fingerprint == active.config_fingerprint:
        return None
    return Warn("configuration", "Its HAProxy configuration differs from the active member's.")


def _certificate(first: Certificate | None, now: datetime) -> Warn | None:
    if first is None or (left := first.not_after - now) >= CERTIFICATE_WARN:
        return None
    if left <= timedelta(0):
        return Warn("certificate", f"The certificate {first.name} has expired: renew it.", severe=True)
    when = f"in {left.days} {'day' if left.days == 1 else 'days'}" if left.days else "within a day"
    return Warn("certificate", f"The certificate {first.name} expires {when}.", severe=left < CERTIFICATE_SEVERE)


def _agent(report: Report, active: Report | None, latest: int) -> Warn | None:
    mine = report.agent_version
    if not mine:
        return None
    if active is not None and mine < active.agent_version:
        return Warn("agent", f"Its agent {mine} is older than the active member's, {active.agent_version}.")
    if mine < latest:
        return Warn("agent", f"Its agent {mine} is older than the latest, {latest}.")
    return None


def _disk(disk: Disk | None) -> Warn | None:
    if disk is None or disk.used_pct < DISK_WARN_PCT:
        return None
    reason = f"The disk at {disk.mount} is {floor(disk.used_pct)} % full."
    return Warn("disk", reason, severe=disk.used_pct >= DISK_SEVERE_PCT)


def _memory(used_pct: float | None) -> Warn | None:
    if used_pct is None or used_pct < MEMORY_WARN_PCT:
        return None
    return Warn("memory", f"{floor(used_pct)} % of its memory is in use.")
