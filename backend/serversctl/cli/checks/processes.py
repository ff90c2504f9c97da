"""The roles: the tree on this machine, the monitor's lease, the workers, and the canary that proves intake."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import redis
from rq import Worker
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from ...failover.tables import MonitorLease
from ...heartbeats.latest import RedisLiveness
from ...kernel.db import database_now
from ...kernel.errors import Unavailable
from ..diagnosis import Finding, NoDatabase, Patient, fail, ok, warn
from ..lock import holder
from ..supervisor import STATE_FILE

CANARY_LATE_SEC = 5.0
MANY_RESTARTS = 3


def check(patient: Patient) -> Iterator[Finding]:
    yield from tree(patient)
    # When a store is away its own check says so.
    with contextlib.suppress(DBAPIError, NoDatabase):
        yield monitor(patient)
    with contextlib.suppress(redis.RedisError, Unavailable):
        yield worker(patient)
        yield canary(patient)


def tree(patient: Patient) -> Iterator[Finding]:
    pid = holder(patient.settings.data_dir)
    if pid is None:
        yield warn(
            "process tree", "no `serversctl up` runs on this data folder", "start it, unless the roles run apart"
        )
        return
    try:
        roles = json.loads((patient.settings.data_dir / STATE_FILE).read_text())["roles"]
    except (OSError, ValueError, KeyError):
        yield warn("process tree", f"`serversctl up` is process {pid}; its state cannot be read", "wait for its start")
        return
    for name, role in roles.items():
        seen = f"{role['state']}, process {role['pid']}, {role['restarts']} restarts"
        what = f"{name} process"
        if role["state"] != "running":
            yield fail(what, f"{seen}, last {role['lastExit']}", f"read the log lines that begin with {name}")
        elif role["restarts"] >= MANY_RESTARTS:
            yield warn(what, f"{seen}, last {role['lastExit']}", f"read the log lines that begin with {name}")
        else:
            yield ok(what, seen)


def monitor(patient: Patient) -> Finding:
    with patient.database() as session:
        now = database_now(session)
        lease = session.scalars(select(MonitorLease).order_by(MonitorLease.expires_at.desc())).first()
        if lease is not None and lease.expires_at > now and not lease.released:
            return ok("monitor lease", f"{lease.holder}, epoch {lease.epoch}")
        seen = "nobody holds it" if lease is None else f"ended {(now - lease.expires_at).total_seconds():.0f} s ago"
    return fail("monitor lease", f"{seen}: nothing fails over", "start `serversctl up` or `serversctl monitor`")


def worker(patient: Patient) -> Finding:
    with patient.redis() as client:
        count = Worker.count(connection=client)
    if not count:
        return fail("worker", "none is at work: no mail, no slow jobs", "start `serversctl up` or `serversctl worker`")
    return ok("worker", f"{count} at work")


def canary(patient: Patient) -> Finding:
    with patient.redis() as client:
        liveness = RedisLiveness(client)
        age = liveness.now() - liveness.canary_at()
    if age > CANARY_LATE_SEC:
        seen = "has not come through" if age > 1e6 else f"came through {age:.0f} s ago"
        return fail(
            "canary", f"the monitor's own heartbeat {seen}: automation holds",
            "see that web answers at SERVERSCTL_CANARY_URL or the listen address",
        )  # fmt: skip
    return ok("canary", f"came through {max(age, 0.0):.1f} s ago")
