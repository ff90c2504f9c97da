"""R1 and R3: seconds that count. Silence is measured in seconds during which our own intake provably worked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .guards import ALL, Guards
from .timing import GAP_SEC

CANARY_RECENT_SEC, CANARY_LOST_SEC = 2.0, 3.0
CLOCKS_DIFFER_SEC = 0.5
REPLICA_LATE_SEC, REPLICA_GONE_SEC = 2.0, 30.0
KEPT_SEC = 900.0


class Blackout(StrEnum):
    """Why nothing is known at the moment."""

    START = "The monitor has just begun to watch."
    GAP = "The monitor itself was asleep for more than 3 s."
    JUMP = "The clock of the liveness store and the boot clock disagree."
    LOST = "The liveness store was emptied or lost members."
    AWAY = "The liveness store does not answer."
    CANARY = "The monitor's own heartbeat does not come through intake."
    REPLICA = "A web replica stopped writing what it hears."


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the liveness store. Times are store seconds, `boot` is the monitor's boot clock."""

    store: float
    boot: float
    canary_at: float
    heard: bool  # somebody was heard just now
    known: int
    replicas: Mapping[str, float] = field(default_factory=dict)


class CountedClock:
    """A monotone map from store seconds to counted seconds.

    Each tick's span is counted or not as a whole. A blackout throws the past away: every silence is zero again and
    `good_for` starts anew. So a pause, a clock step, a flush or an outage of intake can never add silence.
    """

    def __init__(self, guards: Guards = ALL) -> None:
        self._guards = guards
        self._last: Reading | None = None
        self._starts = [0.0]
        self._counts = [0.0]
        self._rates = [0.0]
        self.now = 0.0
        self.floor = 0.0
        self.began = 0.0  # the last good moment before the present or latest blackout
        self.good_since: float | None = None
        self.blackout: Blackout | None = Blackout.START

    def tick(self, reading: Reading) -> Blackout | None:
        """Take a reading. Answers the blackout that it shows, if any."""
        before, self._last = self._last, reading
        span = 0.0 if before is None else max(0.0, reading.store - before.store)
        why = self._why_not(before, reading)
        last_good, self.now = (self.now if before else reading.store), reading.store
        if why is not None:
            self._black_out(why, reading.store, last_good)
            return why
        self.blackout = None
        if self.good_since is None:
            self.good_since = reading.store
        self._append(reading.store - span, 1.0 if self._counts_now(reading) else 0.0)
        return None

    def away(self) -> None:
        """The store did not answer: nothing is known until it does, and then everything starts anew."""
        self._last = None
        self._black_out(Blackout.AWAY, self.now, self.now)

    def lost(self) -> None:
        """A member that was there is not in the store any more: it was emptied, and filled again before we looked."""
        self._black_out(Blackout.LOST, self.now, self.now)

    def grant_grace(self) -> None:
        """Most are back after a mass silence: the rest get the time that agents may take between two tries."""
        if self.good_since is not None:
            self.good_since = self.now

    def silence(self, since: float) -> float:
        """Counted seconds from a proof of life until now."""
        return max(0.0, self._counted(self.now) - self._counted(max(since, self.floor)))

    @property
    def good_for(self) -> float:
        """Seconds since intake is good again."""
        return 0.0 if self.good_since is None else self.now - self.good_since

    def _why_not(self, before: Reading | None, now: Reading) -> Blackout | None:
        if before is None:
            return self.blackout or Blackout.START
        spent, spent_store = now.boot - before.boot, now.store - before.store
        if spent > GAP_SEC:
            return Blackout.GAP
        if abs(spent - spent_store) > CLOCKS_DIFFER_SEC:
            return Blackout.JUMP
        if now.canary_at < before.canary_at or now.known < before.known / 2:
            return Blackout.LOST
        return self._intake_broken(now)

    def _intake_broken(self, now: Reading) -> Blackout | None:
        # A time ahead of now is left from before the store's clock was set back: it proves nothing.
        if self._guards.canary and not -1.0 <= now.store - now.canary_at <= CANARY_LOST_SEC:
            return Blackout.CANARY
        late = (now.store - mark for mark in now.replicas.values())
        if any(REPLICA_LATE_SEC < age <= REPLICA_GONE_SEC for age in late):
            return Blackout.REPLICA
        return None

    def _counts_now(self, reading: Reading) -> bool:
        canary = not self._guards.canary or reading.store - reading.canary_at <= CANARY_RECENT_SEC
        return canary and (reading.heard or reading.known <= 1)

    def _black_out(self, why: Blackout, at: float, last_good: float) -> None:
        if self.blackout is None or self.began == 0.0:
            self.began = last_good
        self.blackout, self.floor, self.good_since = why, at, None
        self._starts, self._counts, self._rates = [at], [0.0], [0.0]

    def _append(self, start: float, rate: float) -> None:
        if self._rates[-1] == rate:
            return
        self._counts.append(self._counted(start))
        self._starts.append(start)
        self._rates.append(rate)
        if len(self._starts) > 64 and self._starts[32] < start - KEPT_SEC:
            del self._starts[:32], self._counts[:32], self._rates[:32]

    def _counted(self, at: float) -> float:
        index = max(0, bisect_right(self._starts, at) - 1)
        return self._counts[index] + self._rates[index] * max(0.0, at - self._starts[index])
