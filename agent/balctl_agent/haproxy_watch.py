"""Watching HAProxy after a change: does it run, does its socket answer, are its backends as good as before?"""

from __future__ import annotations

import errno
import socket
import time

from .errors import StepFailed
from .files import under
from .haproxy_config import ConfigFacts, running_pid
from .haproxy_control import UNIT, current_config, has_systemd
from .haproxy_socket import ask_haproxy, stat_count, stat_rows
from .jobchild import JobContext

WATCH_ASK_SEC = 2.0
NEW_WORKER_SEC = 10.0


class TrafficTotals:
    """Counters of all frontends and the state of all backends at one moment."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        fronts = [row for row in rows if row.get("type") == "0"]
        backs = [row for row in rows if row.get("type") == "1"]
        self.requests = sum(stat_count(row, "req_tot") for row in fronts)
        self.errors_5xx = sum(stat_count(row, "hrsp_5xx") for row in fronts)
        self.sessions = sum(stat_count(row, "stot") for row in fronts)
        self.backends_up = sorted(row["pxname"] for row in backs if row.get("status", "").startswith("UP"))
        self.backends_down = sorted(row["pxname"] for row in backs if row.get("status", "").startswith("DOWN"))


def haproxy_runs(context: JobContext) -> bool:
    if has_systemd(context.root):
        return context.run(["systemctl", "is-active", UNIT], 20.0).output.strip() in ("active", "reloading")
    return running_pid(context.root) is not None


def totals_now(context: JobContext) -> TrafficTotals | None:
    """None when there is no admin socket or it does not answer."""
    path = current_config(context)[1].admin_socket
    if not path:
        return None
    try:
        return TrafficTotals(stat_rows(ask_haproxy(under(context.root, path), "show stat", WATCH_ASK_SEC)))
    except OSError:
        return None


def worker_pid(context: JobContext) -> str:
    """The worker that answers the admin socket, or empty. A reload that worked brings another one."""
    path = current_config(context)[1].admin_socket
    if not path:
        return ""
    try:
        answer = ask_haproxy(under(context.root, path), "show info", WATCH_ASK_SEC)
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in answer.splitlines() if line.startswith("Pid:")), "")


def refuse_taken_addresses(old: ConfigFacts, new: ConfigFacts) -> None:
    """StepFailed when a new listener's address belongs to another program.

    HAProxy finds that out only while it reloads, and pauses the listeners that serve clients while it tries again.
    """
    known = {(row["address"], row.get("port")) for row in old.listeners}
    for row in new.listeners:
        address, port = str(row["address"]), row.get("port")
        if not isinstance(port, int) or port > 65535 or (row["address"], port) in known:
            continue
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("" if address == "*" else address.strip("[]"), port))
                probe.listen(1)
            except OSError as why:
                if why.errno == errno.EADDRINUSE:
                    raise StepFailed(f"{address}:{port} is in use by another program. Nothing was changed.") from None


def wait_for_new_worker(context: JobContext, old: str) -> None:
    """StepFailed when the old worker goes on serving: the master could not start the new configuration."""
    deadline = time.monotonic() + NEW_WORKER_SEC
    while old and worker_pid(context) in (old, ""):
        if time.monotonic() >= deadline:
            raise StepFailed(
                "HAProxy could not start with the new configuration (an address in use, or a missing file)"
            )
        time.sleep(0.2)


def watch_after(context: JobContext, before: TrafficTotals | None, seconds: int) -> None:
    """StepFailed as soon as the change turns out bad: HAProxy gone, socket silent, a backend down that was up."""
    deadline = time.monotonic() + seconds
    lost: list[str] = []
    while True:
        if not haproxy_runs(context):
            raise StepFailed("HAProxy stopped after the change")
        now = totals_now(context)
        if before is not None and now is None:
            silent = current_config(context)[1].admin_socket
            if silent:
                raise StepFailed("HAProxy's admin socket does not answer after the change")
        lost = sorted(set(now.backends_down) & set(before.backends_up)) if now and before else []
        if time.monotonic() >= deadline:
            break
        time.sleep(min(1.0, max(deadline - time.monotonic(), 0.0)))
    if lost:  # judged at the end: servers need a few checks to come up
        raise StepFailed(f"backends that were up before are down {seconds} s after the change: {', '.join(lost[:5])}")


def sample_traffic(context: JobContext, seconds: int) -> dict[str, object]:
    """What passes in a span of time. Counters that began anew in it (a reload) make the figures unknown: null."""
    first = totals_now(context)
    if first is None:
        raise StepFailed("HAProxy has no admin socket that answers: enable it with haproxy.admin_socket_enable")
    began = time.monotonic()
    downs: set[str] = set(first.backends_down)
    last = first
    while time.monotonic() - began < seconds:
        time.sleep(min(1.0, seconds - (time.monotonic() - began)) if seconds > time.monotonic() - began else 0.0)
        now = totals_now(context)
        if now is None:
            raise StepFailed("HAProxy's admin socket stopped answering")
        downs |= set(now.backends_down)
        last = now
        context.event({"percent": min(99, round(100 * (time.monotonic() - began) / seconds))})
    span = max(time.monotonic() - began, 0.001)
    restarted = last.requests < first.requests or last.sessions < first.sessions
    requests, errors = last.requests - first.requests, last.errors_5xx - first.errors_5xx
    return {
        "seconds": round(span, 1),
        "backendsUp": len(last.backends_up),
        "backendsDown": sorted(downs)[:50],
        "requests": None if restarted else requests,
        "errors5xx": None if restarted else errors,
        "sessionsPerSec": None if restarted else round((last.sessions - first.sessions) / span, 2),
    }
