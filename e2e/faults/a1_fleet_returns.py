"""A1: the control plane is away, and its whole fleet comes back to it at once. It is fresh in a minute, unhurt."""

from __future__ import annotations

import resource
import time
from uuid import UUID

import serversctl.identity.tables  # noqa: F401  the tables that members refer to
from serversctl.identity.audit import SYSTEM
from serversctl.kernel.db import make_engine, make_sessions, unit_of_work
from serversctl.members.service import create_member
from serversctl.pools.tables import Pool

from ..stage import ZONE, Stage, until
from .finding import Finding, Say
from .simulated_agents import SimulatedAgents

CODE, WHAT = "A1", "control plane away, fleet returns"
RECOVERY_SEC, FRESH_SEC, PEAK = 10, 60.0, 2.0
POOLS, BATCH = 10, 100
STEADY_SEC, AWAY_SEC, LONG_AWAY_SEC = 10, 60, 3600


def count(runs: int) -> int:
    """Agents, not returns: one return shows what so many do."""
    return max(200, runs * 10)


def play(runs: int, *, long: bool, say: Say) -> Finding:
    away_sec = LONG_AWAY_SEC if long else AWAY_SEC
    found = Finding(CODE, f"{WHAT}, {away_sec} s", f"fresh <= {FRESH_SEC:g} s, peak <= {PEAK:g}x steady, 0 promotions")
    allow_many_sockets()
    with Stage.open([], local=True, say=say) as stage:
        pools, members = enrol(stage, runs, say)
        with SimulatedAgents(stage.plane.url, stage.plane.ca_file, members) as fleet:
            until(lambda: fleet.heard_since(0.0) == runs, within_sec=60, what="every agent is heard")
            switch_on(stage, pools)
            begin = int(time.monotonic()) + 1
            time.sleep(STEADY_SEC + 1)
            measured = sum(fleet.arrived[begin + second] for second in range(STEADY_SEC)) / STEADY_SEC
            before = moves(stage, pools)
            say(f"A1: {measured:.0f} heartbeats a second; the control plane goes away for {away_sec} s")
            stage.plane.stop()
            gone = time.monotonic()
            time.sleep(away_sec)
            stage.plane.start()
            until(lambda: fleet.heard_since(gone) > 0, within_sec=60, what="the first agent is back")
            back = min(at for at in fleet.accepted_at if at > gone)
            while fleet.heard_since(gone) < runs and time.monotonic() < back + FRESH_SEC + 5:
                time.sleep(0.1)
            fresh = [at - back for at in fleet.accepted_at if at > gone]
            time.sleep(max(0.0, back + 30 - time.monotonic()))  # whoever counted the outage as silence would act by now
            peak = max(fleet.arrived[int(back) + second] for second in range(-2, 30))
            moved = moves(stage, pools) - before
    found.runs = runs
    # A busy control plane asks for slower heartbeats, and begins anew without: what it is built for is the load of a
    # fleet that beats once a second, not what it had slowed the fleet down to.
    judge(found, fresh, peak / runs, moved)
    found.figures["before"] = f"{measured:.0f} a second"
    return found


def judge(found: Finding, fresh: list[float], peak: float, moved: int) -> None:
    found.figures = {
        "fresh": f"{len(fresh)} of {found.runs}", "last": f"{max(fresh, default=0.0):.1f} s", "peak": f"{peak:.2f}x",
        "promotions": str(moved),
    }  # fmt: skip
    if len(fresh) < found.runs or max(fresh) > FRESH_SEC:
        found.misses.append(f"fresh after {FRESH_SEC:g} s: {sum(at <= FRESH_SEC for at in fresh)} of {found.runs}")
    if peak > PEAK:
        found.misses.append(f"the peak was {peak:.2f} times the steady load")
    if moved:
        found.misses.append(f"{moved} promotions")


def enrol(stage: Stage, runs: int, say: Say) -> tuple[list[str], list[tuple[str, str]]]:
    """The pools, and (hostname, secret) of their members.

    The members are made in the database: a fleet of thousands was not enrolled in these minutes, and the API takes
    240 changes a minute.
    """
    say(f"A1: {runs} members are enrolled …")
    pools = [stage.create_pool(f"fleet-{number}") for number in range(POOLS)]
    engine = make_engine(f"sqlite:///{stage.plane.data_dir / 'serversctl.db'}")
    members = []
    for first in range(0, runs, BATCH):  # the control plane writes to the same file in between
        with unit_of_work(make_sessions(engine)) as session:
            rows = [session.get_one(Pool, UUID(pool_id)) for pool_id in pools]
            for number in range(first, min(first + BATCH, runs)):
                made = create_member(
                    session, rows[number % POOLS], SYSTEM,
                    hostname=f"node-{number:05d}.{ZONE}", allowed_ips=["127.0.0.1"],
                    public_ips=[f"127.1.{number // 250}.{number % 250 + 1}"],
                    template="haproxy_edge", linux_family="debian",
                )  # fmt: skip
                members.append((made.member.hostname, made.secret))
    engine.dispose()
    return pools, members


def switch_on(stage: Stage, pools: list[str]) -> None:
    """Automatic failover without a probe: silence alone would move these pools."""
    for number, pool_id in enumerate(pools):
        stage.pool_id = pool_id
        stage.connect_dns(label=f"fleet{number}")
        stage.set_failover(recovery_sec=RECOVERY_SEC, probe=False)
        path = f"/pools/{pool_id}/failover/cutover"
        until(lambda path=path: stage.api.post(path) or True, within_sec=60, what="a first active member")
    for pool_id in pools:
        shown = f"/pools/{pool_id}"
        until(lambda shown=shown: stage.api.get(shown)["activeMemberId"], within_sec=30, what="an active member")


def moves(stage: Stage, pools: list[str]) -> int:
    return sum(len(stage.api.items(f"/pools/{pool_id}/failover/events")) for pool_id in pools)


def allow_many_sockets() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
