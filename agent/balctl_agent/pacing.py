"""When the next heartbeat goes out."""

from __future__ import annotations

import os


def backoff_sec(failures: int, cap_sec: float, draw: float | None = None) -> float:
    """Full jitter: anywhere from 0 to min(cap, 1 s doubled each time), so that a fleet does not come back in step."""
    ceiling = min(cap_sec, float(2 ** min(failures - 1, 12)))
    return ceiling * (int.from_bytes(os.urandom(4), "big") / 2**32 if draw is None else draw)


def next_on_grid(planned: float, now: float, interval_sec: float) -> float:
    """The next moment of the rhythm that is still to come: a late beat does not shift the others, a missed one is skipped."""
    if now < planned + interval_sec:
        return planned + interval_sec
    missed = int((now - planned) // interval_sec)
    return planned + (missed + 1) * interval_sec
