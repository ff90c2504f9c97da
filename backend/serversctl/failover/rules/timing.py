"""The numbers that several rules share, and those that follow from a pool's recovery time."""

from __future__ import annotations

RECOVERY_MIN_SEC, RECOVERY_MAX_SEC, RECOVERY_DEFAULT_SEC = 10, 120, 30
FLUSH_SEC = 0.1  # intake writes what it heard this often; every deadline waits for it
GAP_SEC = 3.0  # a heartbeat run is broken by a longer gap, and so is our own sleep
READY_RUN_SEC = 10.0
DISRUPTION_SEC = 30.0  # a restart job explains a dead HAProxy for this long
VOTE_FRESH_SEC = 10.0


def backoff_cap_sec(recovery_sec: float) -> float:
    """The longest pause that agents may take after a failure: short, so that the grace can be short (R3)."""
    return max(1.0, recovery_sec / 3)


def grace_sec(recovery_sec: float) -> float:
    """How long intake must have been good before a silent member means anything (R3)."""
    return backoff_cap_sec(recovery_sec) + 2.0


def stale_after_sec(interval_sec: float) -> float:
    """A longer gap than this breaks a member's run."""
    return max(GAP_SEC, 3.0 * interval_sec)


def silence_limit_sec(recovery_sec: float, interval_sec: float) -> float:
    """Silence that makes a verdict (R5). A member that is told to beat slowly cannot be judged faster than it beats."""
    return max(float(recovery_sec), 3.0 * interval_sec) + FLUSH_SEC
