"""Thousands of seeded schedules over the real decider: no invariant breaks, and every guard is needed.

A failure prints its configuration and seed: add it to REGRESSIONS in `directed.py` together with the fix.
`SIM_SCHEDULES=50000 pytest backend/tests/simulation` is the long form.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from serversctl.failover.rules.guards import ALL, Guards

from .directed import DIRECTED, REGRESSIONS
from .faults import Fault, Schedule, random_schedule
from .run import run
from .world import CONFIGS, Config, Violation

SCHEDULES = int(os.environ.get("SIM_SCHEDULES", "1000"))
CATCH_WITHIN = 1000
CHUNK = 125

# guard → how it is taken out: a switch of our rules, or a flaw in what surrounds them
GUARDS = {name: replace(ALL, **{name: False}) for name in DIRECTED if hasattr(ALL, name)}
FLAWS = {"read_back", "backoff_rule", "aaaa_conflict", "zero_refusal"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _broken(job: tuple[int, int, int]) -> tuple[int, list[str]]:
    number, first, last = job
    logging.disable(logging.CRITICAL)
    moves, found = 0, []
    for seed in range(first, last):
        try:
            moves += len(run(random_schedule(CONFIGS[number], seed)).store.events)
        except Violation as why:
            found.append(str(why))
    return moves, found


@pytest.mark.timeout(0)
def test_no_schedule_breaks_an_invariant() -> None:
    jobs = [
        (number, first, min(first + CHUNK, SCHEDULES))
        for number in range(len(CONFIGS))
        for first in range(0, SCHEDULES, CHUNK)
    ]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        done = pool.map(_broken, jobs, chunksize=1)
    found = [violation for _, violations in done for violation in violations]
    assert not found, f"{len(found)} schedules broke an invariant:\n" + "\n\n".join(found[:5])
    moves = sum(count for count, _ in done)
    assert moves > SCHEDULES * len(CONFIGS) / 20, f"only {moves} promotions: the schedules try too little"


@pytest.mark.parametrize(("schedule", "why"), REGRESSIONS, ids=[why[:40] for _, why in REGRESSIONS])
def test_what_broke_once_stays_mended(schedule: Schedule, why: str) -> None:
    run(schedule)


@pytest.mark.parametrize("guard", sorted(DIRECTED))
def test_schedules_written_for_a_guard_pass_with_it(guard: str) -> None:
    for schedule in DIRECTED[guard]:
        run(schedule)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("guard", sorted(DIRECTED))
def test_a_missing_guard_is_noticed(guard: str) -> None:
    guards: Guards = GUARDS.get(guard, ALL)
    flaws = frozenset({guard} & FLAWS)
    assert guards != ALL or flaws, f"{guard} was not taken out"
    for schedule in _schedules(guard):
        try:
            run(schedule, guards=guards, flaws=flaws)
        except Violation:
            return
    pytest.fail(f"{CATCH_WITHIN} schedules without {guard} broke no invariant: the simulation is blind to it")


def _schedules(guard: str) -> Iterator[Schedule]:
    yield from DIRECTED[guard]
    for seed in range(CATCH_WITHIN - len(DIRECTED[guard])):
        yield random_schedule(CONFIGS[seed % len(CONFIGS)], seed)


# --- stories, with the times that are promised ---------------------------------------------------------------------


def _first_move(config: Config, *faults: Fault) -> float:
    world = run(Schedule(config, 1, list(faults), calm_sec=120))
    return min((event.at for event in world.store.events), default=float("inf"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_a_dead_host_is_replaced_within_three_seconds_of_the_delay(config: Config) -> None:
    """F1 asks for the provider's write within 8 s; the decision must leave it room."""
    assert 0 <= _first_move(config, Fault(30, "host_down", 0, 400)) - 30 - config.recovery_sec <= 3


def test_a_restart_of_haproxy_moves_nothing_and_its_death_does() -> None:
    assert _first_move(CONFIGS[0], Fault(30, "haproxy_down", 0, 2)) == float("inf")
    assert _first_move(CONFIGS[0], Fault(30, "haproxy_down", 0, 400)) - 30 <= 6


@pytest.mark.parametrize("seconds", [5, 60, 600])
def test_nobody_is_promoted_when_the_control_plane_comes_back_from_a_pause(seconds: float) -> None:
    for config in CONFIGS:
        assert _first_move(config, Fault(30, "freeze", 0, seconds)) == float("inf")


def test_a_lost_agent_moves_a_pool_without_a_probe_and_not_one_with() -> None:
    assert _first_move(CONFIGS[0], Fault(30, "agent_down", 0, 200)) < 70
    assert _first_move(CONFIGS[3], Fault(30, "agent_down", 0, 200)) == float("inf")


def test_an_old_active_that_returns_changes_nothing() -> None:
    world = run(Schedule(CONFIGS[0], 1, [Fault(30, "host_down", 0, 60)], calm_sec=200))
    assert len(world.store.events) == 1
    assert world.store.pools[next(iter(world.store.pools))].active_id == world.store.events[0].to


def test_a_partition_of_most_members_with_one_dead_service_is_proven_by_probes() -> None:
    """R4's exception: the probe fails from here and from the candidate."""
    cut = [Fault(30, "isp_down", 0, 150, 0.5), Fault(31, "host_down", 0, 400)]
    assert _first_move(CONFIGS[3], *cut) < 80


def test_flapping_members_are_moved_three_times_an_hour_at_most() -> None:
    flaps = [Fault(30 + 70 * n, "haproxy_down", who, 65) for n in range(8) for who in (n % 2, n % 2)]
    world = run(Schedule(CONFIGS[1], 1, flaps, calm_sec=100))
    assert 1 <= len(world.store.events) <= 3
