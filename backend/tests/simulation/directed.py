"""Schedules written by hand: one for each guard, where random ones overlap, and the seeds that once failed."""

from __future__ import annotations

from .faults import Fault, Schedule, random_schedule
from .world import CONFIGS

THREE, TWO, POOLS, PROBED = CONFIGS
FOR_EVER = 400.0

# guard → schedules that break an invariant without it, and none with it
DIRECTED: dict[str, list[Schedule]] = {
    # The monitor sleeps 5 s while HAProxy of the active member is down: awake again, it must look first.
    "grace": [Schedule(TWO, 1, [Fault(38, "haproxy_down", 0, 60), Fault(40, "monitor_pause", 0, 5)])],
    # Only one standby still gets through to us: everybody else seems dead.
    "canary": [Schedule(THREE, 2, [Fault(30, "partial_ingest", 1, 60)])],
    # The network of most members is cut from ours; their services serve on.
    "mass_guard": [Schedule(POOLS, 3, [Fault(30, "isp_down", 0, 60)])],
    # A person moves the pool in the seconds in which automation decides from what it last saw.
    "epoch_cas": [
        Schedule(config, 4, [Fault(down, "host_down", 0, FOR_EVER), Fault(down + config.recovery_sec + late, "cutover", 0, how=1)])
        for config in (THREE, TWO)
        for down in (30, 31)
        for late in (-1, 0, 1)
    ],
    # The provider says yes and does nothing.
    "read_back": [Schedule(TWO, 5, [Fault(30, "host_down", 0, FOR_EVER), Fault(35, "provider", 0, 40, "noop")])],
    # The member that just took over falters, and another one is ready.
    "cooldown": [Schedule(THREE, 6, [Fault(30, "host_down", 0, FOR_EVER), Fault(75, "haproxy_down", 1, 60)])],
    # Both standbys answer us and not their clients.
    "readiness": [
        Schedule(THREE, 7, [
            Fault(25, "haproxy_down", 1, FOR_EVER), Fault(25, "haproxy_down", 2, FOR_EVER), Fault(30, "host_down", 0, 300),
        ]),
    ],
    # A dead standby's reports are still on their way when the active member dies.
    "nonce": [
        Schedule(THREE, 8, [
            Fault(22, "host_down", 0, FOR_EVER), Fault(25, "haproxy_down", 2, FOR_EVER),
            Fault(30, "delayed", 1, 60, 15.0), Fault(50, "host_down", 1, 60),
        ]),
    ],
    # The monitor dies, and then the active member: the next monitor cannot know what the first one still sends.
    "lock_delay": [Schedule(TWO, 9, [Fault(30, "monitor_crash", 0, 100), Fault(31, "host_down", 0, FOR_EVER)])],
    # Intake is away for long: agents that wait too long between tries look dead when it is back.
    "backoff_rule": [Schedule(POOLS, seed, [Fault(30, "intake_down", 0, 40)]) for seed in range(20)],
    # An address of somebody else's stands beside ours: clients would still be sent to it.
    "aaaa_conflict": [
        Schedule(TWO, 11, [Fault(25, "foreign_aaaa", 0, FOR_EVER), Fault(30, "host_down", 0, FOR_EVER)])
    ],
    # The operator takes the active member's only approved address away.
    "zero_refusal": [Schedule(TWO, 12, [Fault(30, "readdress", 0, how="none")])],
}  # fmt: skip

# What broke an invariant once, and why. Always replayed.
REGRESSIONS: list[tuple[Schedule, str]] = [
    (random_schedule(TWO, 58), "late heartbeats carried a run on, so a standby was ready 2 s after it was heard again"),
    (random_schedule(TWO, 66), "a decision survived 6 s of sleep between it and its transaction"),
    (random_schedule(POOLS, 59), "the same, across the end of a partial ingest"),
    (random_schedule(THREE, 259), "after the store's clock was set back nobody's run was long enough for an hour"),
    (random_schedule(TWO, 419), "a member that died as the store's clock was set back counted as heard for an hour"),
    (
        random_schedule(THREE, 725),
        "the store was emptied and filled again between two looks: a late member was called dead",
    ),
    (random_schedule(THREE, 677), "the canary's last time lay in the future after the store's clock was set back"),
    (random_schedule(POOLS, 744), "a flush during a mass silence made the guard forget who was missing"),
    (random_schedule(PROBED, 733), "the same, with probes that could not see"),
    (random_schedule(POOLS, 795), "as a mass silence ended, members between two tries were called dead"),
    (
        random_schedule(TWO, 2013),
        "the simulated store let a run go on across a clock that was set back; intake does not",
    ),
    (random_schedule(PROBED, 95), "after a takeover the mass guard did not know who had been silent before"),
]
