"""Clocks: ours, the database's and Redis's. Decisions use the stores' own clocks; people and certificates ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import cast

import redis
from sqlalchemy.exc import DBAPIError

from ...kernel.db import database_now
from ..diagnosis import Finding, NoDatabase, Patient, ok, warn

SKEW_SEC = 2.0


def check(patient: Patient) -> Iterator[Finding]:
    try:
        with patient.database() as session:
            yield judge("database clock", database_now(session).timestamp() - time.time())
    except (DBAPIError, NoDatabase):
        pass  # the database's own check says that it is away
    try:
        with patient.redis() as client:
            seconds, micros = cast("tuple[int, int]", client.time())
            yield judge("Redis clock", seconds + micros / 1e6 - time.time())
    except redis.RedisError:
        pass  # Redis's own check says that it is away


def judge(what: str, ahead_sec: float) -> Finding:
    seen = f"{abs(ahead_sec):.1f} s {'ahead of' if ahead_sec > 0 else 'behind'} ours"
    if abs(ahead_sec) > SKEW_SEC:
        return warn(what, seen, "run a time service (chrony or systemd-timesyncd) on both machines")
    return ok(what, seen)
