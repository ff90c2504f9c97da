"""What an age means, how fast to beat, and how overload is met."""

from __future__ import annotations

import pytest
from serversctl.heartbeats.rules import (
    LEVEL_MAX,
    Freshness,
    backoff_cap_sec,
    gap_limit_sec,
    interval_sec,
    next_level,
    state,
)


@pytest.mark.parametrize(
    ("age", "wanted"),
    [(None, "unknown"), (0.0, "fresh"), (3.0, "fresh"), (3.1, "late"), (9.9, "late"), (10.0, "down"), (1e6, "down")],
)
def test_freshness_goes_by_the_gap_limit_and_then_by_the_failover_delay(age: float | None, wanted: str) -> None:
    assert state(age, 1, 10) is Freshness(wanted)


def test_a_slow_beat_is_not_late_within_three_intervals() -> None:
    assert state(29.0, 10, 120) is Freshness.FRESH
    assert gap_limit_sec(10) == 30


def test_fresh_never_outlasts_the_failover_delay() -> None:
    assert state(20.0, 10, 10) is Freshness.DOWN


@pytest.mark.parametrize("recovery", range(10, 121))
def test_agents_wait_at_most_a_third_of_the_failover_delay(recovery: int) -> None:
    assert 1 <= backoff_cap_sec(recovery) <= max(1, recovery / 3)


def test_standbys_are_slowed_before_actives() -> None:
    for level in range(1, LEVEL_MAX + 1):
        active = interval_sec(level, base_sec=1, active=True, recovery_sec=120)
        standby = interval_sec(level, base_sec=1, active=False, recovery_sec=120)
        assert active < standby
    assert interval_sec(2, base_sec=1, active=True, recovery_sec=120) == 1


@pytest.mark.parametrize("recovery", [10, 11, 30, 120])
@pytest.mark.parametrize("level", range(LEVEL_MAX + 1))
def test_however_overloaded_silence_stays_tellable_from_slowness(level: int, recovery: int) -> None:
    assert interval_sec(level, base_sec=1, active=True, recovery_sec=recovery) * 5 <= recovery
    assert interval_sec(level, base_sec=1, active=False, recovery_sec=recovery) * 3 <= recovery


@pytest.mark.parametrize("base", [1, 7, 60])
def test_a_wished_interval_is_kept_and_stays_within_the_contract(base: int) -> None:
    assert interval_sec(0, base_sec=base, active=True, recovery_sec=120) == base
    assert 1 <= interval_sec(LEVEL_MAX, base_sec=base, active=False, recovery_sec=10) <= 60


def test_overload_goes_up_at_once_and_down_after_calm() -> None:
    assert next_level(0, lag_sec=0.6, cpu_share=0.1, calm_sec=0) == 1
    assert next_level(0, lag_sec=0.0, cpu_share=0.95, calm_sec=0) == 1
    assert next_level(LEVEL_MAX, lag_sec=9, cpu_share=1, calm_sec=0) == LEVEL_MAX
    assert next_level(2, lag_sec=0.0, cpu_share=0.1, calm_sec=5) == 2
    assert next_level(2, lag_sec=0.0, cpu_share=0.1, calm_sec=20) == 1
    assert next_level(2, lag_sec=0.3, cpu_share=0.1, calm_sec=99) == 2
    assert next_level(0, lag_sec=0.0, cpu_share=0.1, calm_sec=99) == 0
