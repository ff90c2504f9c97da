"""R10: bounds on what automation may do in a while. Each answers a sentence when it holds."""

from __future__ import annotations

from .guards import ALL, Guards
from .view import History, Weather

COOLDOWN_SEC = 60.0
PER_HOUR = 3
FLEET_MIN, FLEET_SHARE = 3, 0.1
FLEET_GAP_SEC = 1.0


def flapping(history: History) -> str | None:
    """Three in an hour: somebody must look before automation goes on."""
    if history.flapping or history.automatic_last_hour >= PER_HOUR:
        return (
            f"{PER_HOUR} automatic promotions within an hour. Find out why, then acknowledge to let automation go on."
        )
    return None


def cooling(history: History, guards: Guards = ALL) -> str | None:
    """A minute of rest after each automatic promotion."""
    since = history.since_automatic_sec
    if not guards.cooldown or since is None or since >= COOLDOWN_SEC:
        return None
    return f"The last automatic promotion was {since:.0f} s ago; the next may come after {COOLDOWN_SEC:.0f} s."


def fleet_full(weather: Weather) -> str | None:
    """At most 10 % of the pools, and never fewer than 3, in ten minutes."""
    most = max(FLEET_MIN, int(weather.fleet_pools * FLEET_SHARE))
    if weather.fleet_recent < most:
        return None
    return f"{weather.fleet_recent} pools were switched in the last 10 minutes; more than {most} need a person."


def fleet_pace(weather: Weather) -> bool:
    """One automatic promotion per second in the whole installation."""
    return weather.fleet_last_sec is not None and weather.fleet_last_sec < FLEET_GAP_SEC
