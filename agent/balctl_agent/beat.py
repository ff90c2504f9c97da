"""One heartbeat's body. Pure: readings and the running jobs in, a dictionary out."""

from __future__ import annotations

import json

from .clock import utc_stamp

RESEND_SEC = 300.0
SLOW_BYTES_PER_BEAT = 40_000  # a heartbeat may have 64 KiB; what does not fit travels with the next ones


class SlowBlocks:
    """Which slow blocks go into this beat: those that changed since the last accepted one, and all every 5 minutes."""

    def __init__(self) -> None:
        self._accepted: dict[str, tuple[int, float]] = {}
        self._offered: dict[str, int] = {}

    def due(self, blocks: dict[str, object], now: float) -> dict[str, object]:
        self._offered = {}
        chosen: dict[str, object] = {}
        room = SLOW_BYTES_PER_BEAT
        for name, value in blocks.items():
            text = json.dumps(value, sort_keys=True)
            mark = hash(text)
            known = self._accepted.get(name)
            if known is not None and known[0] == mark and now - known[1] < RESEND_SEC:
                continue
            if len(text) > SLOW_BYTES_PER_BEAT:
                chosen[name], text = {"omitted": f"larger than {SLOW_BYTES_PER_BEAT} bytes"}, ""
            elif len(text) > room:
                continue
            chosen.setdefault(name, value)
            room -= len(text)
            self._offered[name] = mark
        return chosen

    def accepted(self, now: float) -> None:
        for name, mark in self._offered.items():
            self._accepted[name] = (mark, now)
        self._offered = {}

    def forget(self) -> None:
        self._accepted = {}


class Beat:
    """What a heartbeat says beside the facts."""

    __slots__ = (
        "agent_version",
        "boot_id",
        "degraded",
        "echo",
        "extras",
        "hostname",
        "ip",
        "probe_results",
        "running_jobs",
        "seq",
        "wall_sec",
    )

    def __init__(
        self, *, hostname: str, ip: str, agent_version: int, boot_id: str, seq: int, wall_sec: float, echo: str | None,
        running_jobs: list[str], probe_results: list[dict[str, object]], degraded: list[str], extras: dict[str, object],
    ) -> None:  # fmt: skip
        self.hostname = hostname
        self.ip = ip
        self.agent_version = agent_version
        self.boot_id = boot_id
        self.seq = seq
        self.wall_sec = wall_sec
        self.echo = echo
        self.running_jobs = running_jobs
        self.probe_results = probe_results
        self.degraded = degraded
        self.extras = extras


def compose_beat(
    beat: Beat, host: dict[str, object], stacks: dict[str, dict[str, object]], slow: dict[str, object]
) -> dict[str, object]:
    """The body. `slow` holds the due slow blocks, named `host.firewall`, `haproxy.topology`, `cpanel` …"""
    body: dict[str, object] = {
        "hostname": beat.hostname, "agentVersion": beat.agent_version, "bootId": beat.boot_id, "seq": beat.seq,
        "sentAt": utc_stamp(beat.wall_sec), "host": dict(host), "runningJobs": beat.running_jobs, "probeResults": beat.probe_results,
    }  # fmt: skip
    if beat.ip:
        body["ip"] = beat.ip
    if beat.echo:
        body["echo"] = beat.echo
    if beat.degraded:
        body["degraded"] = beat.degraded
    body.update(beat.extras)
    for name, block in stacks.items():
        body[name] = dict(block)
    for name, value in slow.items():
        area, dot, key = name.partition(".")
        if not dot:
            body[area] = value
        else:
            target = body.get(area)
            if isinstance(target, dict):  # a stack that has just gone takes its slow facts with it
                target[key] = value
    return body
