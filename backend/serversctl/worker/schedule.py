"""Periodic work: quick things in the loop itself, the others as queue entries, once per slot however many workers."""

from __future__ import annotations

import logging
from typing import Any

import redis as redis_lib

from .queue import SLOW, enqueue
from .rooms import Periodic, Rooms

log = logging.getLogger(__name__)


class Schedule:
    """When each periodic thing is due, by the boot clock. All are due soon after the start."""

    def __init__(self, rooms: Rooms, now: float) -> None:
        self._due = [(entry, now + min(entry.seconds, 1.0)) for entry in rooms.periodic]

    def run_due(self, wiring: Any, now: float) -> list[str]:
        """Start what is due; returns the names. One that fails waits for its next turn, the others go on."""
        started = []
        for index, (entry, due) in enumerate(self._due):
            if now < due:
                continue
            self._due[index] = (entry, now + entry.seconds)
            try:
                if entry.inline:
                    entry.function(wiring)
                elif not _queue(wiring.redis, entry):
                    continue
            except redis_lib.RedisError as why:
                # Nothing was started: come back soon rather than in an hour.
                self._due[index] = (entry, now + min(entry.seconds, 5.0))
                log.warning("periodic %s waits for Redis: %s", entry.name, why)
                continue
            except Exception:
                log.exception("periodic %s failed", entry.name)
            started.append(entry.name)
        return started


def _queue(redis: redis_lib.Redis, entry: Periodic) -> bool:
    """Queue this turn, unless another worker did: whoever sets the mark first queues."""
    seconds, _ = redis.time()
    slot = int(int(seconds) // entry.seconds)
    mark = f"periodic:{entry.name}"
    if not redis.set(mark, slot, nx=True, px=int(entry.seconds * 900)):
        return False
    limit_sec = int(max(60, min(entry.seconds, 900)))
    return enqueue(
        redis, f"periodic:{entry.name}", key=f"periodic-{entry.name}-{slot}", lane=SLOW,
        timeout_sec=limit_sec, waits_sec=int(max(60, entry.seconds)),
    )  # fmt: skip
