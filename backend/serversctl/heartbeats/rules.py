"""What a heartbeat's age means, for people. Pure."""

from __future__ import annotations

from enum import StrEnum


class Freshness(StrEnum):
    """How a member stands, by the age of its last heartbeat."""

    FRESH = "fresh"
    LATE = "late"
    DOWN = "down"
    UNKNOWN = "unknown"


def gap_limit_sec(interval_sec: float) -> float:
    """The longest pause between two heartbeats that still counts as one unbroken run."""
    return max(3.0, 3.0 * interval_sec)


def state(age_sec: float | None, interval_sec: float, recovery_sec: float) -> Freshness:
    """fresh up to the gap limit, late up to the pool's failover delay, then down; unknown when never heard."""
    if age_sec is None:
        return Freshness.UNKNOWN
    if age_sec <= min(gap_limit_sec(interval_sec), recovery_sec):
        return Freshness.FRESH
    return Freshness.LATE if age_sec < recovery_sec else Freshness.DOWN


def backoff_cap_sec(recovery_sec: float) -> int:
    """How long an agent may wait between tries at most: a third of the failover delay (FAILURES R3)."""
    return max(1, int(recovery_sec // 3))


# Seconds between heartbeats by level of overload: standbys are slowed first and more.
STANDBY_INTERVALS, ACTIVE_INTERVALS = (1, 2, 4, 8, 15, 30), (1, 1, 1, 2, 3, 5)
LEVEL_MAX = len(STANDBY_INTERVALS) - 1


def interval_sec(level: int, *, base_sec: int, active: bool, recovery_sec: int) -> int:
    """The interval to tell a member. However overloaded we are, silence must stay tellable from slowness:
    at least five beats of an active and three of a standby fit into the failover delay."""
    wanted = max(base_sec, (ACTIVE_INTERVALS if active else STANDBY_INTERVALS)[level])
    bound = max(1, recovery_sec // (5 if active else 3))
    return max(1, min(wanted, max(bound, base_sec), 60))


LAG_HIGH_SEC, LAG_LOW_SEC, CPU_HIGH, CPU_LOW = 0.5, 0.15, 0.85, 0.5
CALM_SEC = 20.0


def next_level(level: int, *, lag_sec: float, cpu_share: float, calm_sec: float) -> int:
    """One step up while flushes lag or the process has no CPU left; one step down after a calm while."""
    if lag_sec > LAG_HIGH_SEC or cpu_share > CPU_HIGH:
        return min(LEVEL_MAX, level + 1)
    if calm_sec >= CALM_SEC and lag_sec < LAG_LOW_SEC and cpu_share < CPU_LOW:
        return max(0, level - 1)
    return level
