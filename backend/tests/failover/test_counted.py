"""R1, R3, R4: which seconds count, when the past is thrown away, and when silence is everybody's."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serversctl.failover.rules.brake import MassGuard
from serversctl.failover.rules.counted import Blackout, CountedClock, Reading
from serversctl.failover.rules.guards import Guards


class Ticker:
    """A clock that is ticked with good readings, unless a test says otherwise."""

    def __init__(self, **guards: bool) -> None:
        self.clock = CountedClock(Guards(**guards))
        self.store, self.boot = 10_000.0, 50.0
        self.go(1)

    def go(self, seconds: float, *, tick: float = 0.25, canary: bool = True, **changed: Any) -> Blackout | None:
        found = None
        for _ in range(round(seconds / tick)):
            self.store += tick
            self.boot += tick
            found = self.look(canary_at=self.store - 0.4 if canary else changed.pop("canary_at", 10_000.6), **changed)
        return found

    def look(self, **changed: Any) -> Blackout | None:
        good = {"store": self.store, "boot": self.boot, "canary_at": self.store, "heard": True, "known": 3}
        return self.clock.tick(Reading(**{**good, **changed}))


def test_silence_grows_with_good_seconds() -> None:
    t = Ticker()
    heard = t.store
    t.go(12)
    assert t.clock.silence(heard) == pytest.approx(12)


def test_seconds_in_which_nobody_else_was_heard_do_not_count() -> None:
    t = Ticker()
    heard = t.store
    t.go(5)
    t.go(60, heard=False)
    t.go(3)
    assert t.clock.silence(heard) == pytest.approx(8)
    assert t.clock.blackout is None


def test_a_single_member_needs_no_witness() -> None:
    t = Ticker()
    t.go(1, known=1)
    heard = t.store
    t.go(5, heard=False, known=1)
    assert t.clock.silence(heard) == pytest.approx(5)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda t: t.go(3.5, tick=3.5), Blackout.GAP),
        (lambda t: t.look(store=t.store + 45.0), Blackout.JUMP),
        (lambda t: t.look(store=t.store - 45.0), Blackout.JUMP),
        (lambda t: t.look(known=1), Blackout.LOST),
        (lambda t: t.look(canary_at=0.0), Blackout.LOST),
        (lambda t: t.go(5, canary=False), Blackout.CANARY),
        (lambda t: t.look(canary_at=t.store + 60.0), Blackout.CANARY),
        (lambda t: t.look(replicas={"web1": t.store, "web2": t.store - 2.5}), Blackout.REPLICA),
    ],
)
def test_each_blackout_throws_the_past_away(harm: Any, why: Blackout) -> None:
    t = Ticker()
    heard = t.store
    t.go(20)
    assert harm(t) is why
    assert t.clock.silence(heard) == 0.0
    assert t.clock.good_for == 0.0


def test_a_replica_that_is_gone_for_long_is_forgotten() -> None:
    t = Ticker()
    assert t.look(replicas={"old": t.store - 31.0}) is None


def test_after_a_blackout_silence_begins_at_its_end_and_grace_with_it() -> None:
    t = Ticker()
    heard = t.store
    t.go(20)
    t.look(known=1, canary_at=t.store - 0.4)
    t.go(7)
    assert t.clock.silence(heard) == pytest.approx(7)
    assert t.clock.good_for == pytest.approx(6.75), "from the first good look"


def test_a_store_that_was_away_starts_everything_anew() -> None:
    t = Ticker()
    heard = t.store
    t.go(20)
    t.clock.away()
    t.go(4)
    assert t.clock.silence(heard) <= 4
    assert t.clock.blackout is None


def test_without_the_guard_the_canary_does_not_matter() -> None:
    t = Ticker(canary=False)
    heard = t.store
    t.go(20, canary=False)
    assert t.clock.silence(heard) == pytest.approx(20)


@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.booleans(), st.booleans(), st.floats(-1, 1)), max_size=60))
def test_no_sequence_of_ticks_counts_more_than_passed_or_runs_backwards(
    ticks: list[tuple[float, bool, bool, float]],
) -> None:
    t = Ticker()
    heard, began, silence = t.store, t.boot, 0.0
    for spent, canary, others, slip in ticks:
        t.boot += spent
        t.store += spent + (slip if abs(slip) > 0.9 else 0.0)
        why = t.look(canary_at=t.store if canary else 10_001.0, heard=others)
        now = t.clock.silence(heard)
        assert now <= t.boot - began + 0.51 * len(ticks)
        assert now >= silence or why is not None
        silence = now


# --- the mass guard --------------------------------------------------------------------------------------------------


def mass(guard: MassGuard, seen: list[float], now: float, *, floor: float = 0.0, began: float = 0.0) -> Any:
    times = sorted(seen)
    return guard.look(
        now=now, floor=floor, began=began, stale_sec=3.0, window_sec=10.0, known=len(times),
        heard_since=lambda since: len(times) - bisect_left(times, since),
    )  # fmt: skip


def test_three_and_half_of_all_are_a_mass() -> None:
    now = 10_000.0
    assert mass(MassGuard(), [now - 5] * 3 + [now] * 3, now).silent == 3
    assert mass(MassGuard(), [now - 5] * 2 + [now] * 1, now) is None, "small installations still fail over"
    assert mass(MassGuard(), [now - 5] * 3 + [now] * 4, now) is None, "less than half"
    assert mass(MassGuard(), [now - 500] * 9 + [now] * 4, now) is None, "dead for long"


def test_a_mass_holds_until_most_are_back() -> None:
    guard, now = MassGuard(), 10_000.0
    gone = now - 5
    assert mass(guard, [gone] * 6 + [now] * 4, now)
    later = now + 200
    assert mass(guard, [gone] * 6 + [later] * 4, later).for_sec == 200
    assert mass(guard, [gone] * 2 + [later] * 8, later) is None


def test_after_a_blackout_everybody_who_was_ever_heard_is_expected() -> None:
    guard, now = MassGuard(), 10_000.0
    assert mass(guard, [now - 4000] * 6 + [now] * 4, now, floor=now - 10, began=now - 10)
    assert mass(MassGuard(), [now - 4000] * 6 + [now] * 4, now, floor=now - 301, began=now - 301) is None
