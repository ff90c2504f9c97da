"""The heartbeat body, typed: what an agent may say. Unknown fields are ignored, so that old and new can meet."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from ..kernel.errors import Invalid

BODY_MAX_BYTES = 64 * 1024

Short = Annotated[str, Meta(max_length=128)]
Text = Annotated[str, Meta(max_length=1024)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Amount = Annotated[float, Meta(ge=0)]
Id = Annotated[str, Meta(max_length=64)]


class Cpu(Struct, rename="camel", gc=False):
    count: Count | None = None
    used_pct: Amount | None = None


class Memory(Struct, rename="camel", gc=False):
    total_bytes: Count | None = None
    used_bytes: Count | None = None


class Disk(Struct, rename="camel", gc=False):
    mount: Text = ""
    total_bytes: Count | None = None
    used_bytes: Count | None = None


class Host(Struct, rename="camel", gc=False):
    """The machine. Blocks kept as `Raw` are stored as they came; their shape is checked to be an object or a list."""

    os_family: Short | None = None
    os_name: Text | None = None
    kernel: Text | None = None
    uptime_sec: Amount | None = None
    cpu: Cpu | None = None
    memory: Memory | None = None
    swap: Memory | None = None
    disks: Annotated[list[Disk], Meta(max_length=256)] | None = None
    load: Annotated[list[Amount], Meta(max_length=3)] | None = None
    network: Raw | UnsetType = UNSET
    services: Raw | UnsetType = UNSET
    pending_updates: Count | None = None
    security_updates: Count | None = None
    reboot_required: bool | None = None
    firewall: Raw | UnsetType = UNSET
    certificates: Raw | UnsetType = UNSET


class Haproxy(Struct, rename="camel", gc=False):
    monitored: bool = False
    active: bool = False
    version: Short | None = None
    config_path: Text | None = None
    admin_socket: bool | None = None
    listeners: Raw | UnsetType = UNSET
    topology: Raw | UnsetType = UNSET
    stats: Raw | UnsetType = UNSET


class ProbeReport(Struct, rename="camel", gc=False):
    id: Id
    ok: bool
    millis: Amount | None = None
    error: Text | None = None
    age_sec: Amount = 0.0


class Beat(Struct, rename="camel", gc=False):
    """One heartbeat. Only `hostname` is required."""

    hostname: Annotated[str, Meta(min_length=1, max_length=253)]
    ip: Annotated[str, Meta(max_length=45)] | None = None
    agent_version: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    boot_id: Short = ""
    seq: Count = 0
    sent_at: Annotated[str, Meta(max_length=40)] | None = None
    host: Host | None = None
    haproxy: Haproxy | None = None
    openlitespeed: Raw | UnsetType = UNSET
    mariadb: Raw | UnsetType = UNSET
    cpanel: Raw | UnsetType = UNSET
    running_jobs: Annotated[list[Id], Meta(max_length=100)] = []
    echo: Text | None = None
    probe_results: Annotated[list[ProbeReport], Meta(max_length=64)] = []


_decode = msgspec.json.Decoder(Beat).decode
_MISSING = re.compile(r"missing required field `([^`]+)`")
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")


def read_beat(body: bytes) -> Beat:
    """The body as a Beat. Raises Invalid (422) that names the field."""
    try:
        beat = _decode(body)
    except msgspec.ValidationError as why:
        raise _named(str(why)) from None
    except RecursionError:
        raise Invalid("body_invalid", "The body is nested too deep: at most a few hundred levels are read.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise Invalid("body_invalid", f"The body is not JSON in UTF-8: {why}.") from None
    host, haproxy = beat.host, beat.haproxy
    if host is not None:
        _block("host.network", host.network)
        _block("host.services", host.services)
        _block("host.firewall", host.firewall)
        _block("host.certificates", host.certificates)
    if haproxy is not None:
        _block("haproxy.listeners", haproxy.listeners)
        _block("haproxy.topology", haproxy.topology)
        _block("haproxy.stats", haproxy.stats)
    _block("openlitespeed", beat.openlitespeed)
    _block("mariadb", beat.mariadb)
    _block("cpanel", beat.cpanel)
    return beat


def _block(name: str, raw: Any) -> None:
    """A free block must be an object or a list, or null."""
    if raw is not UNSET and memoryview(raw)[0] not in b"{[n":
        raise _invalid(name, "Expected `object | array`")


def _named(message: str) -> Invalid:
    """The decoder's sentence, taken apart into the field and what is wrong with it."""
    found = _PLACE.search(message)
    missing = _MISSING.search(message)
    parts = [found[1] if found else "", missing[1] if missing else ""]
    return _invalid(".".join(part for part in parts if part) or "body", _PLACE.sub("", message))


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("validation_failed", f"{field}: {message}.", errors={field: [f"{message}."]})
