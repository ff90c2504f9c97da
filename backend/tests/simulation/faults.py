"""Faults: what can go wrong, how it begins and how it ends; and schedules of them, random or written by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from serversctl.failover.ports import Promotion

from .world import Config, World

Act = Callable[[World, Any], None]


@dataclass(frozen=True)
class Fault:
    """`what` begins at `at` and ends `lasts` later. `who` is a member's or process's number, `how` what else it needs."""

    at: float
    what: str
    who: int = 0
    lasts: float = 0.0
    how: Any = None


@dataclass
class Schedule:
    """Faults in order of their beginnings, and how long to watch after the last one ended."""

    config: Config
    seed: int
    faults: list[Fault] = field(default_factory=list)
    calm_sec: float = 100.0

    @property
    def ends(self) -> float:
        return max((fault.at + fault.lasts for fault in self.faults), default=20.0)


def _host(world: World, who: int) -> Any:
    hosts = list(world.hosts.values())
    return hosts[who % len(hosts)]


def _pool_id(world: World, who: int) -> UUID:
    return list(world.store.pools)[who % len(world.store.pools)]


def _switch(name: str) -> tuple[Act, Act]:
    def off(world: World, fault: Fault) -> None:
        setattr(_host(world, fault.who), name, False)

    def on(world: World, fault: Fault) -> None:
        setattr(_host(world, fault.who), name, True)

    return off, on


def _delay(world: World, fault: Fault) -> None:
    _host(world, fault.who).delay_sec = fault.how or 8.0


def _no_delay(world: World, fault: Fault) -> None:
    _host(world, fault.who).delay_sec = 0.0


def _pause(world: World, fault: Fault) -> None:
    process = world.processes[fault.who % len(world.processes)]
    process.paused_until = world.t + fault.lasts


def _crash(world: World, fault: Fault) -> None:
    process = world.processes[fault.who % len(world.processes)]
    process.dead_until = world.t + fault.lasts


def _freeze(world: World, fault: Fault) -> None:
    world.intake = False
    for process in world.processes:
        process.paused_until = world.t + fault.lasts


def _door(open_: bool) -> Act:
    def act(world: World, fault: Fault) -> None:
        world.intake = open_

    return act


def _only(world: World, fault: Fault) -> None:
    world.only = _host(world, fault.who).member_id


def _everybody(world: World, fault: Fault) -> None:
    world.only = None


def _flush(world: World, fault: Fault) -> None:
    world.liveness.flush()
    world.flushed_at = world.t + 1.0


def _away(away: bool) -> Act:
    def act(world: World, fault: Fault) -> None:
        world.store_away = away

    return act


def _jump(world: World, fault: Fault) -> None:
    world.jump += fault.how or 45.0
    for process in world.processes:
        process.blind_at = world.t + 1.0


def _isp_down(world: World, fault: Fault) -> None:
    hosts = list(world.hosts.values())
    count = max(3, round(len(hosts) * (fault.how or 0.7)))
    if len(hosts) > count:
        world.isp_since = world.t
    # The first of each pool are among them: the active ones.
    world.isp_cut = {host.member_id for host in sorted(hosts, key=lambda h: h.member_id.int % 100)[:count]}


def _isp_up(world: World, fault: Fault) -> None:
    if world.isp_since is not None and world.t - world.isp_since > 6:
        world.isp_until = world.t
    world.isp_since, world.isp_cut = None, set()


def _mode(world: World, fault: Fault) -> None:
    world.zone.mode = fault.how


def _mode_ok(world: World, fault: Fault) -> None:
    world.zone.mode = "ok"


def _edit(world: World, fault: Fault) -> None:
    pool_id = _pool_id(world, fault.who)
    world.zone.put(pool_id, "A", "192.0.2.99")
    world.edited[pool_id] = world.t


def _foreign(world: World, fault: Fault) -> None:
    pool_id = _pool_id(world, fault.who)
    world.zone.put(pool_id, "AAAA", "2001:db8::99")
    world.foreign.add(pool_id)
    world.edited[pool_id] = world.t


def _no_foreign(world: World, fault: Fault) -> None:
    pool_id = _pool_id(world, fault.who)
    world.zone.drop(pool_id, "AAAA")
    world.foreign.discard(pool_id)
    world.edited[pool_id] = world.t


def _cutover(world: World, fault: Fault) -> None:
    """A person moves the pool to a member that really serves."""
    pool = world.store.pools[_pool_id(world, fault.who)]
    ready = [
        m for m in pool.members
        if m.member_id != pool.active_id and world.hosts[m.member_id].serves and m.allowed_ips
    ]  # fmt: skip
    if not ready:
        return
    to = ready[fault.how or 0] if (fault.how or 0) < len(ready) else ready[0]
    world.store.promote(
        Promotion(
            pool.pool_id, pool.account_id, pool.active_id, pool.epoch, to.member_id,
            {"A": (world.hosts[to.member_id].address,)}, "manual", "manual", (), {},
        ),
        None,
        by="a person",
    )  # fmt: skip


def _readdress(world: World, fault: Fault) -> None:
    """The operator changes, or takes away, the addresses of the active member of a pool."""
    pool = world.store.pools[_pool_id(world, fault.who)]
    new = () if fault.how == "none" else (f"10.9.{fault.who % 250}.{int(world.t) % 250}",)
    members = tuple(
        replace(m, allowed_ips=new or ("10.9.0.0/16",), public_ips=()) if m.member_id == pool.active_id else m
        for m in pool.members
    )
    world.store.change(replace(pool, members=members))


def _stall_promote(world: World, fault: Fault) -> None:
    world.processes[fault.who % len(world.processes)].stall_promote = fault.how or 12.0


def _stall_write(world: World, fault: Fault) -> None:
    world.zone.stall_sec = fault.how or 12.0


def _no_stall(world: World, fault: Fault) -> None:
    world.zone.stall_sec = 0.0
    for process in world.processes:
        process.stall_promote = 0.0


def _nothing(world: World, fault: Fault) -> None: ...


KINDS: dict[str, tuple[Act, Act]] = {
    "host_down": _switch("up"),
    "agent_down": _switch("agent"),
    "haproxy_down": _switch("haproxy"),
    "path_down": _switch("path"),
    "delayed": (_delay, _no_delay),
    "monitor_pause": (_pause, _nothing),
    "monitor_crash": (_crash, _nothing),
    "freeze": (_freeze, _door(True)),
    "intake_down": (_door(False), _door(True)),
    "partial_ingest": (_only, _everybody),
    "store_flush": (_flush, _nothing),
    "store_away": (_away(True), _away(False)),
    "store_jump": (_jump, _nothing),
    "isp_down": (_isp_down, _isp_up),
    "provider": (_mode, _mode_ok),
    "hand_edit": (_edit, _nothing),
    "foreign_aaaa": (_foreign, _no_foreign),
    "cutover": (_cutover, _nothing),
    "readdress": (_readdress, _nothing),
    "stall_promote": (_stall_promote, _no_stall),
    "stall_write": (_stall_write, _no_stall),
}


def random_schedule(config: Config, seed: int) -> Schedule:
    """One to five faults within 70 s, each at most 60 s long; hosts may also stay dead."""
    rng = random.Random(seed * 7919 + len(config.name))
    kinds = sorted(KINDS)
    members = config.pools * config.size
    faults = []
    for _ in range(rng.randint(1, 5)):
        what = rng.choice(kinds)
        how: Any = None
        lasts = rng.choice([2.0, 5.0, 8.0, 15.0, 25.0, 40.0, 60.0])
        if what == "provider":
            how = rng.choice(["slow", "error", "limited", "noop", "lost", "lost_unapplied", "late"])
        elif what == "store_jump":
            how = rng.choice([-3600.0, -45.0, 45.0, 3600.0])
        elif what == "readdress":
            how = rng.choice([None, "none"])
        elif what in {"stall_promote", "stall_write"}:
            how, lasts = rng.choice([3.0, 6.0, 12.0]), 60.0
        elif what == "delayed":
            how = rng.choice([4.0, 8.0, 15.0])
        elif what in {"intake_down", "partial_ingest", "store_away", "freeze"}:
            lasts = max(5.0, lasts)
        elif what in {"host_down", "haproxy_down"} and rng.random() < 0.4:
            lasts = 400.0  # it stays dead
        faults.append(Fault(20.0 + rng.randint(0, 70), what, rng.randrange(members), lasts, how))
    return Schedule(config, seed, sorted(faults, key=lambda fault: fault.at))
