"""Runs one schedule to its end."""

from __future__ import annotations

from serversctl.failover.rules.guards import ALL, Guards

from .faults import KINDS, Fault, Schedule
from .world import Violation, World

LASTING_SEC = 300.0  # a fault longer than this is there to stay


def run(schedule: Schedule, *, guards: Guards = ALL, flaws: frozenset[str] = frozenset()) -> World:
    """The world at the end. Raises Violation with the schedule and what was done."""
    world = World(schedule.config, schedule.seed, guards=guards, flaws=flaws)
    waiting = list(schedule.faults)
    running: list[Fault] = []
    passing = [f.at + f.lasts for f in schedule.faults if f.lasts < LASTING_SEC]
    starts = [f.at for f in schedule.faults]
    calm_since = max([*passing, *starts, 20.0])
    end = calm_since + schedule.calm_sec
    try:
        while world.t < end:
            for fault in [f for f in running if f.at + f.lasts <= world.t]:
                running.remove(fault)
                KINDS[fault.what][1](world, fault)
            while waiting and waiting[0].at <= world.t:
                fault = waiting.pop(0)
                KINDS[fault.what][0](world, fault)
                if fault.lasts:
                    running.append(fault)
            world.step()
        world.settled(calm_since)
    except Violation as why:
        told = "\n  ".join([*map(str, schedule.faults), *world.log])
        raise Violation(
            f"{why}\n at {world.t:.0f} s, configuration {schedule.config.name!r}, seed {schedule.seed}\n  {told}"
        ) from why
    return world
