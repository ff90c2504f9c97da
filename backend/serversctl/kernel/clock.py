"""Time, injectable: rules get values, edges get a Clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two clocks: the wall for people and certificates, the boot clock for every decision."""

    def now(self) -> datetime:
        """Wall time, aware, UTC. It may jump; never decide liveness with it."""
        ...

    def boot(self) -> float:
        """Seconds since boot, suspend included. It never jumps backwards."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def boot(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
