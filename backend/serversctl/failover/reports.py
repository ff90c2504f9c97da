"""`ports.Reports` over the heartbeat store: the few facts of a report that readiness warns of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import redis as redis_lib
from msgspec import Struct

from ..heartbeats.latest import LatestFacts
from ..kernel.clock import Clock
from ..kernel.errors import Unavailable
from .ports import Reports
from .rules.warnings import Certificate, Disk, Report

KEEP_SEC = 5.0
KEPT_MAX = 500
NAME_MAX = 80
CERTIFICATES = "host.certificates"


class _Memory(Struct, rename="camel", gc=False):
    total_bytes: float | None = None
    used_bytes: float | None = None


class _Disk(_Memory, rename="camel", gc=False):
    mount: str = ""


class _Host(Struct, gc=False):
    memory: _Memory | None = None
    disks: list[_Disk] | None = None


class _Haproxy(Struct, rename="camel", gc=False):
    config_fingerprint: Any = None  # intake passes it on unread


class _Body(Struct, rename="camel", gc=False):
    agent_version: int = 0
    host: _Host | None = None
    haproxy: _Haproxy | None = None


_body = msgspec.json.Decoder(_Body).decode
_block = msgspec.json.Decoder().decode


class RedisReports:
    """Asks the store each time, in one trip for all members."""

    def __init__(self, redis: redis_lib.Redis, latest_agent: int) -> None:
        self._facts = LatestFacts(redis)
        self.latest_agent = latest_agent

    def of(self, ids: Collection[UUID]) -> Mapping[UUID, Report]:
        try:
            said = self._facts.bodies(ids, CERTIFICATES)
        except Unavailable:
            return {}
        read = {member: read_report(body, block) for member, (body, block) in said.items()}
        return {member: report for member, report in read.items() if report is not None}


class KeptReports:
    """Remembers answers for a few seconds: a screen that is looked at each second asks the store every fifth time."""

    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports = reports
        self._clock = clock
        self._kept: dict[frozenset[UUID], tuple[float, Mapping[UUID, Report]]] = {}
        self.latest_agent = reports.latest_agent

    def of(self, ids: Collection[UUID]) -> Mapping[UUID, Report]:
        wanted, at = frozenset(ids), self._clock.boot()
        kept = self._kept.get(wanted)
        if kept is not None and at - kept[0] < KEEP_SEC:
            return kept[1]
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        found = self._reports.of(wanted)
        self._kept[wanted] = (at, found)
        return found


def read_report(body: bytes, certificates: bytes | None) -> Report | None:
    """A member's last words, which are its own and may be anything. None when they cannot be read."""
    try:
        said = _body(body)
        first = _first_of(_block(certificates)) if certificates else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    host = said.host or _Host()
    fingerprint = said.haproxy.config_fingerprint if said.haproxy else None
    return Report(
        config_fingerprint=fingerprint if isinstance(fingerprint, str) else "",
        agent_version=said.agent_version,
        first_to_expire=first,
        fullest_disk=_fullest(host.disks or ()),
        memory_pct=_pct(host.memory) if host.memory else None,
    )


def _pct(room: _Memory) -> float | None:
    if not room.total_bytes or room.used_bytes is None:
        return None
    return min(100.0, 100.0 * room.used_bytes / room.total_bytes)


def _fullest(disks: Collection[_Disk]) -> Disk | None:
    found = [Disk(_shown(disk.mount), used) for disk in disks if (used := _pct(disk)) is not None]
    return max(found, key=lambda disk: disk.used_pct, default=None)


def first_to_expire(certificates: bytes) -> Certificate | None:
    """Of a block of certificates as it was reported; None when there is none, or it cannot be read."""
    try:
        return _first_of(_block(certificates))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _first_of(rows: Any) -> Certificate | None:
    found = [read for row in (rows if isinstance(rows, list) else ()) if (read := _certificate(row)) is not None]
    return min(found, key=lambda one: one.not_after, default=None)


def _certificate(row: Any) -> Certificate | None:
    """A file without a readable certificate has no `notAfter`."""
    try:
        not_after = datetime.fromisoformat(row["notAfter"])
    except (ValueError, TypeError, KeyError):
        return None
    if not_after.tzinfo is None:
        return None
    names = row.get("names")
    name = names[0] if isinstance(names, list) and names else row.get("path")
    return Certificate(_shown(name) if isinstance(name, str) else "without a name", not_after)


def _shown(text: str) -> str:
    return "".join(letter for letter in text[:NAME_MAX] if letter.isprintable())
