"""The heartbeat's answer, read with suspicion: a wrong type is as good as absent."""

from __future__ import annotations

import re

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_JOBS = 100
MOST_PROBES = 32
PROBE_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}")


class BeatAnswer:
    __slots__ = (
        "backoff_cap_sec",
        "cancel_jobs",
        "full",
        "generation",
        "interval_sec",
        "jobs",
        "latest_version",
        "member_id",
        "nonce",
        "probes",
        "server_time",
    )

    def __init__(self, value: dict[str, object]) -> None:
        self.interval_sec = whole(value.get("heartbeatIntervalSec"), 1, 60)
        self.backoff_cap_sec = number(value.get("backoffCapSec"), 1, 3600)
        self.nonce = short_text(value.get("nonce"), 1024)
        self.server_time = short_text(value.get("serverTime"), 40)
        self.member_id = short_text(value.get("memberId"), 64)
        self.generation = whole(value.get("generation"), 0, 2**53)
        self.full = value.get("full") is True
        self.jobs = job_refs(value.get("jobs"))
        self.cancel_jobs = [
            i for i in objects_in(value.get("cancelJobs"), MOST_JOBS) if isinstance(i, str) and JOB_ID.fullmatch(i)
        ]
        agent = value.get("agent")
        self.latest_version = whole(agent.get("latestVersion"), 1, 2**31) if isinstance(agent, dict) else None
        self.probes = [probe for probe in map(probe_order, objects_in(value.get("probes"), MOST_PROBES)) if probe]


def objects_in(value: object, limit: int) -> list[object]:
    return value[:limit] if isinstance(value, list) else []


def whole(value: object, low: int, high: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def number(value: object, low: float, high: float) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    return None


def short_text(value: object, limit: int) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= limit else None


def job_refs(value: object) -> list[tuple[str, str]]:
    """(id, command) of the jobs that wait for us."""
    found = []
    for entry in objects_in(value, MOST_JOBS):
        if isinstance(entry, dict):
            job_id, name = entry.get("id"), entry.get("command")
            if isinstance(job_id, str) and JOB_ID.fullmatch(job_id) and isinstance(name, str):
                found.append((job_id, name[:100]))
    return found


class ProbeOrder:
    """An address that the control plane asks this member to try."""

    __slots__ = ("host", "host_header", "id", "kind", "path", "port", "timeout_sec")

    def __init__(
        self, probe_id: str, kind: str, host: str, port: int, path: str, host_header: str, timeout_sec: float
    ) -> None:
        self.id = probe_id
        self.kind = kind
        self.host = host
        self.port = port
        self.path = path
        self.host_header = host_header
        self.timeout_sec = timeout_sec


def probe_order(value: object) -> ProbeOrder | None:
    if not isinstance(value, dict):
        return None
    probe_id, kind, host = value.get("id"), value.get("kind"), value.get("host")
    port, path, header = whole(value.get("port"), 1, 65535), value.get("path", "/"), value.get("hostHeader")
    timeout_ms = number(value.get("timeoutMs"), 50, 10_000) or 2000.0
    if not (isinstance(probe_id, str) and JOB_ID.fullmatch(probe_id) and kind in ("tcp", "tls", "http") and port):
        return None
    if not (isinstance(host, str) and PROBE_HOST.fullmatch(host)):
        return None
    if not (isinstance(path, str) and re.fullmatch(r"/[!-~]{0,1023}", path)):
        path = "/"
    if not (isinstance(header, str) and PROBE_HOST.fullmatch(header)):
        header = host
    return ProbeOrder(probe_id, str(kind), host, port, path, header, timeout_ms / 1000)
