"""A few numbers out of a member's last report, for thousands of members at once."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType


class _Cpu(Struct, rename="camel", gc=False):
    used_pct: float | None = None


class _Space(Struct, rename="camel", gc=False):
    total_bytes: int | None = None
    used_bytes: int | None = None


class _Host(Struct, rename="camel", gc=False):
    os_name: str | None = None
    uptime_sec: float | None = None
    cpu: _Cpu | None = None
    memory: _Space | None = None
    disks: list[_Space] | None = None
    load: list[float] | None = None


class _Haproxy(Struct, rename="camel", gc=False):
    version: str | None = None
    stats: Raw | UnsetType = UNSET


class _Stats(Struct, rename="camel", gc=False):
    sessions: int | None = None


class _Report(Struct, rename="camel", gc=False):
    host: _Host | None = None
    haproxy: _Haproxy | None = None


class MetricsWire(Struct, rename="camel", gc=False):
    """The latest measurements (schemas.Metrics)."""

    cpu_pct: float | None = None
    memory_pct: float | None = None
    disk_pct: float | None = None
    load: float | None = None
    sessions: int | None = None


class Reading(Struct, gc=False):
    """What one report says."""

    metrics: MetricsWire | None = None
    haproxy_version: str | None = None
    os_name: str | None = None
    uptime_sec: float | None = None


NOTHING = Reading()
_report = msgspec.json.Decoder(_Report).decode
_stats = msgspec.json.Decoder(_Stats).decode


def read(body: bytes | None) -> Reading:
    """The numbers of a report; all unknown without one, or for one that this version cannot read."""
    if body is None:
        return NOTHING
    try:
        report = _report(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return NOTHING
    host, haproxy = report.host or _Host(), report.haproxy or _Haproxy()
    fullest = max((share for disk in host.disks or () if (share := _share(disk)) is not None), default=None)
    return Reading(
        MetricsWire(
            cpu_pct=_rounded(host.cpu.used_pct if host.cpu else None),
            memory_pct=_share(host.memory),
            disk_pct=fullest,
            load=host.load[0] if host.load else None,
            sessions=sessions_of(haproxy.stats),
        ),
        haproxy.version,
        host.os_name,
        host.uptime_sec,
    )


def _share(space: _Space | None) -> float | None:
    if space is None or not space.total_bytes or space.used_bytes is None:
        return None
    return _rounded(100.0 * space.used_bytes / space.total_bytes)


def _rounded(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 1)


def sessions_of(stats: Raw | UnsetType) -> int | None:
    """Open sessions, from HAProxy's statistics as the agent sent them."""
    # The block is free: what it holds is the agent's business, so a strange one is no reason to lose the rest.
    if stats is UNSET:
        return None
    try:
        found = _stats(stats).sessions
    except (msgspec.MsgspecError, RecursionError):
        return None
    return None if found is None else max(found, 0)
