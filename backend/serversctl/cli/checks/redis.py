"""Redis: it answers, is new enough, and never drops a key by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import redis

from ...wiring import redis_url
from ..diagnosis import Finding, Patient, fail, ok, warn

OLDEST = (6, 2)
FULL_SHARE = 0.8


def check(patient: Patient) -> Iterator[Finding]:
    try:
        with patient.redis() as client:
            info = cast("dict[str, Any]", client.info())
            policy = cast("dict[str, str]", client.config_get("maxmemory-policy")).get("maxmemory-policy", "unknown")
    except redis.RedisError as why:
        shown = redis_url(patient.settings).rpartition("@")[2]
        fix = "mend SERVERSCTL_REDIS_URL" if patient.settings.redis_url else "start `serversctl up`, which runs it"
        yield fail("Redis", f"{shown} does not answer ({why}); automation holds and says so", fix)
        return
    version = str(info["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        yield fail("Redis", f"version {version}", "use Redis 6.2 or newer; 7 or newer is recommended")
    else:
        yield ok("Redis", f"version {version}")
    if policy != "noeviction":
        yield fail("Redis policy", f"maxmemory-policy {policy}", "set maxmemory-policy noeviction in its configuration")
    else:
        yield ok("Redis policy", policy)
    limit, used = int(info.get("maxmemory", 0)), int(info["used_memory"])
    if limit and used > limit * FULL_SHARE:
        yield warn("Redis memory", f"{used >> 20} of {limit >> 20} MiB", "raise maxmemory: when full, automation holds")
