"""The simulated world: hosts, agents, networks, the control plane's processes, DNS. It knows the truth."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from serversctl.failover.observing import HERE, probe_id
from serversctl.failover.ports import Converged, Fence, FenceLost, Intent, LeaseHeld, MemberRow, PoolRow, Promotion
from serversctl.failover.rules.guards import Guards
from serversctl.failover.rules.timing import backoff_cap_sec, grace_sec
from serversctl.failover.rules.view import Policy, Probe, ProbeKind, Vote
from serversctl.heartbeats.ports import ProbeResult
from serversctl.monitor.loop import Monitor
from support.liveness import FakeLiveness

from .sim_provider import SimKeeper, SimZone
from .sim_store import Event, MemStore

LONG_AGO = -1e9
STORE_ZERO = 10_000.0


@dataclass(frozen=True)
class Config:
    """One installation."""

    name: str
    pools: int
    size: int
    recovery_sec: int
    monitors: int
    probed: bool = False


CONFIGS = (
    Config("three members, delay 30", 1, 3, 30, 2),
    Config("two members, delay 10", 1, 2, 10, 2),
    Config("four pools, delay 10", 4, 3, 10, 1),
    Config("two probed pools, delay 15", 2, 3, 15, 2, probed=True),
)


class Violation(AssertionError):
    """An invariant broke."""


@dataclass(slots=True)
class Host:
    """A member: its host, agent, HAProxy and path to us, as they really are."""

    member_id: UUID
    pool_id: UUID
    address: str
    up: bool = True
    agent: bool = True
    haproxy: bool = True
    path: bool = True
    delay_sec: float = 0.0
    nonce: float = 0.0
    failures: int = 0
    wait_until: float = 0.0
    inactive: int = 0
    troubled_at: float = LONG_AGO  # the last moment at which anything of its own was wrong
    service_down_since: float | None = None
    spoke_at: float = LONG_AGO  # when the latest heartbeat that arrived was made
    run_from: float = 0.0
    said_active: bool = True
    mail: list[tuple[float, float, float, bool]] = field(default_factory=list)

    @property
    def serves(self) -> bool:
        return self.up and self.haproxy


@dataclass
class Process:
    """One monitor process, with its own pauses and deaths."""

    name: str
    monitor: Monitor | None = None
    paused_until: float = LONG_AGO
    dead_until: float = LONG_AGO
    born: int = 0
    stepped_at: float = LONG_AGO
    blind_at: float = LONG_AGO  # the last moment at which it could not know
    stall_promote: float = 0.0
    late_order: tuple[float, Promotion, LeaseHeld, Fence] | None = None
    results: list[tuple[float, Callable[[Converged | None], None], Converged | None]] = field(default_factory=list)


class World:
    """Runs a schedule second by second and checks the invariants after each."""

    def __init__(self, config: Config, seed: int, *, guards: Guards, flaws: frozenset[str] = frozenset()) -> None:
        self.config, self.guards, self.flaws = config, guards, flaws
        self.rng = random.Random(seed)
        self.t = 0.0
        self.jump = 0.0
        self.liveness = FakeLiveness(STORE_ZERO)
        self.intake = True
        self.only: UUID | None = None  # partial ingest: nobody else gets through
        self.store_away = False
        self.cap_sec = 30.0 if "backoff_rule" in flaws else backoff_cap_sec(config.recovery_sec)
        self.open_at = 0.0  # the last moment at which everybody's heartbeats could come in
        self.flushed_at = LONG_AGO
        self.isp_since: float | None = None
        self.isp_cut: set[UUID] = set()
        self.isp_until = LONG_AGO
        self.edited: dict[UUID, float] = {}
        self.foreign: set[UUID] = set()
        self.forgotten: set[UUID] = set()
        self.takeovers: dict[int, float] = {}
        self.acting: Process | None = None
        self.log: list[str] = []
        self.hosts = {host.member_id: host for host in self._make_hosts()}
        self.store = MemStore(now=lambda: self.t, pools=self._make_pools(), guards=guards)
        self.zone = SimZone(now=lambda: self.t)
        self.zone.landed = self._landed
        self.keeper = SimKeeper(self.zone, tuple(self.store.pools), self._written, flaws)
        self.processes = [Process(f"m{n}") for n in range(config.monitors)]
        self._checked = 0
        for process in self.processes:
            self._start(process)

    # --- making ---------------------------------------------------------------------------------------------------

    def _make_hosts(self) -> list[Host]:
        return [
            Host(UUID(int=100 * (p + 1) + n), UUID(int=p + 1), f"10.0.{p}.{n + 1}")
            for p in range(self.config.pools)
            for n in range(self.config.size)
        ]

    def _make_pools(self) -> dict[UUID, PoolRow]:
        probe = Probe(ProbeKind.TCP, 443) if self.config.probed else Probe()
        made = {}
        for number in range(self.config.pools):
            pool_id = UUID(int=number + 1)
            members = tuple(
                MemberRow(host.member_id, f"m{host.member_id.int}", 100, False, False, (host.address,), (), True)
                for host in self.hosts.values()
                if host.pool_id == pool_id
            )
            policy = Policy(auto=True, recovery_sec=self.config.recovery_sec, probe=probe)
            made[pool_id] = PoolRow(
                pool_id, UUID(int=9), f"p{number}", True, 0, members[0].member_id, policy, members
            )  # fmt: skip
        return made

    def _start(self, process: Process) -> None:
        process.born += 1
        process.results.clear()
        process.monitor = Monitor(
            store=_Watched(self, process),  # type: ignore[arg-type]
            liveness=self.liveness,
            keeper=self.keeper,
            threads=_Threads(self, process),
            boot=lambda: self.t,
            holder=f"{process.name}.{process.born}",
            votes=_Eyes(self),
            guards=self.guards,
        )

    # --- one second -----------------------------------------------------------------------------------------------

    def step(self, seconds: float = 1.0) -> None:
        self.t += seconds
        self.liveness.at = STORE_ZERO + self.t + self.jump
        self.liveness._away = self.store_away
        self.zone.step()
        for host in self.hosts.values():
            self._live(host)
        if self.intake and self.only is None and not self.store_away:
            self.open_at = self.t
        awake = [p for p in self.processes if self.t >= p.paused_until and self.t >= p.dead_until]
        if self.intake and self.only is None and not self.store_away and awake:
            self.liveness.canary = self.liveness.at
        for process in self.processes:
            self._run(process)
        self._check()

    def _live(self, host: Host) -> None:
        serves = host.serves
        if serves:
            host.service_down_since = None
        elif host.service_down_since is None:
            host.service_down_since = self.t
        if (
            not (host.up and host.agent and host.haproxy and host.path)
            or host.delay_sec
            or host.member_id in self.isp_cut
        ):
            host.troubled_at = self.t
        while host.mail and host.mail[0][0] <= self.t:
            _, made, nonce, active = host.mail.pop(0)
            if self._gets_through(host, mail=True):
                self._receive(host, made=made, nonce=nonce, active=active)
        if not (host.up and host.agent) or self.t < host.wait_until:
            return
        if host.delay_sec:
            host.mail.append((self.t + host.delay_sec, self.t, host.nonce, host.haproxy))
            return
        if not self._gets_through(host):
            host.failures += 1
            host.wait_until = self.t + self.rng.uniform(0.0, min(self.cap_sec, 2.0**host.failures))
            return
        host.failures = 0
        self._receive(host, made=self.t, nonce=host.nonce, active=host.haproxy)
        host.nonce = self.liveness.at

    def _gets_through(self, host: Host, *, mail: bool = False) -> bool:
        open_door = self.intake and self.only in {None, host.member_id}
        return open_door and (mail or (host.path and host.member_id not in self.isp_cut))

    def _receive(self, host: Host, *, made: float, nonce: float, active: bool) -> None:
        if self.t - host.spoke_at > 3.5 or made - host.spoke_at > 3.5:
            host.run_from = made
        host.spoke_at = max(host.spoke_at, made)
        host.said_active = active
        host.inactive = 0 if active else host.inactive + 1
        if self.store_away:
            return
        proven = min(self.liveness.at, nonce) if nonce and self.guards.nonce else self.liveness.at
        changed: dict[str, Any] = {"proven_at": proven, "haproxy_active": active, "inactive_reports": host.inactive}
        if self.config.probed:
            changed["probe_results"] = tuple(
                ProbeResult(probe_id(other.member_id), other.serves, self.liveness.at)
                for other in self.hosts.values()
                if other.pool_id == host.pool_id and other is not host
            )
        self.liveness.hear(host.member_id, **changed)

    def _run(self, process: Process) -> None:
        if self.t < process.dead_until:
            process.monitor = None
            process.late_order = None
            return
        if process.monitor is None:
            self._start(process)
        if self.t < process.paused_until:
            return
        if self.t - process.stepped_at > 3.0:
            process.blind_at = self.t
        process.stepped_at = self.t
        # A door that has only just shut is not yet known to be shut; what was counted until then is good.
        if self.t - self.open_at > 3.5:
            process.blind_at = self.t
        self.acting = process
        if process.late_order is not None and self.t >= process.late_order[0]:
            _, order, lease, fence = process.late_order
            process.late_order = None
            self.store.promote(order, lease, fence)
        assert process.monitor is not None
        process.monitor.step()
        self.acting = None

    # --- the truth about what was done ------------------------------------------------------------------------------

    def host_of(self, member_id: UUID | None) -> Host:
        assert member_id is not None
        return self.hosts[member_id]

    def _written(self, pool_id: UUID) -> None:
        """I4: at the moment of sending, an open intent of the present epoch, and the lease."""
        process = self.acting
        assert process is not None
        assert process.monitor is not None
        lease = process.monitor.tenure.lease
        if lease is None or not self.store.holds_lease(lease):
            raise Violation(f"I4: {process.name} wrote without the lease")
        epoch = self.store.pools[pool_id].epoch
        wanted = [r for r in self.store.rows if r.state == "open" and r.intent.pool_id == pool_id]
        if not any(row.intent.epoch == epoch for row in wanted):
            raise Violation("I4: a write without an open intent of the present epoch")
        if self.zone.stall_sec:
            process.paused_until = self.t + self.zone.stall_sec

    def _landed(self, pool_id: UUID) -> None:
        """I5: our writes leave at least one address, and ours among them."""
        found = {text for texts in self.zone.addresses(pool_id).values() for text in texts}
        known = {ip for member in self.store.pools[pool_id].members for ip in (*member.allowed_ips, *member.public_ips)}
        ever = known | {host.address for host in self.hosts.values() if host.pool_id == pool_id}
        if not found & ever:
            raise Violation(f"I5: the name holds {sorted(found) or 'nothing'}")

    def _check(self) -> None:
        store = self.store
        for event in store.events[self._checked :]:
            self._checked += 1
            self.log.append(f"{event.at:6.1f} {event.kind} {event.reason} → m{event.to.int} by {event.by}")
            self._check_event(event)
        if store.audits != len(store.events) or len(store.alerts) != len(store.events):
            raise Violation("I9: a promotion without its audit row or alert, or one told twice")

    def _check_event(self, event: Event) -> None:
        if event.seen != event.was:
            raise Violation(f"I1: decided from {event.seen} while the pool was at {event.was}")
        if event.kind == "manual":
            return
        earlier = [e for e in self.store.events if e.pool_id == event.pool_id and e.kind != "manual" and e is not event]
        if any(0 <= event.at - e.at < 59.5 for e in earlier):
            raise Violation("R10: two automatic promotions within a minute")
        if len(earlier) >= 3:
            raise Violation("I8: more than three automatic promotions within an hour")
        self._check_ready(event)
        self._check_sure(event)
        self._check_needed(event)

    def _check_ready(self, event: Event) -> None:
        to = self.hosts[event.to]
        if self.t - to.spoke_at > 6.5 or self.t - to.run_from < 8.5 or not to.said_active:
            raise Violation(f"I3: m{event.to.int} was not ready: spoke {self.t - to.spoke_at:.0f} s ago")

    def _check_sure(self, event: Event) -> None:
        process = next(p for p in self.processes if event.by.startswith(p.name))
        if self.t - process.blind_at < grace_sec(self.config.recovery_sec) - 1.5:
            raise Violation(f"I2: promoted {self.t - process.blind_at:.1f} s after it could not know")
        if event.reason == "silent" and self.t - self.flushed_at < grace_sec(self.config.recovery_sec) - 1.5:
            raise Violation("I2: called silent right after the store was emptied")
        taken = self.takeovers.get(self.store.lease.epoch)
        if taken is not None and self.t - taken < 14.5:
            raise Violation(f"R8: acted {self.t - taken:.1f} s after an unclean takeover")

    def _check_needed(self, event: Event) -> None:
        old = self.host_of(event.from_id)
        window = self.config.recovery_sec + backoff_cap_sec(self.config.recovery_sec) + 6
        if self.t - old.troubled_at > window:
            raise Violation(f"false promotion: nothing was wrong with m{old.member_id.int} for {window:.0f} s")
        if event.reason == "silent" and self.config.probed and old.serves and old.path and not self.isp_cut:
            raise Violation("R6: moved away from a service that answered everybody")
        if self.t - self.isp_until < grace_sec(self.config.recovery_sec) - 1.5:
            raise Violation("I2: promoted while members came back from a mass silence")
        proven = self.config.probed and not old.serves
        if self.isp_since is not None and self.t - self.isp_since > 6 and not proven:
            raise Violation("I2: promoted in a mass silence")

    def settled(self, calm_since: float) -> None:
        """I6 and I7, long after the last fault ended."""
        for pool in self.store.pools.values():
            wanted = self.store.desired().get(pool.pool_id)
            held = self.store.holds.get(pool.pool_id)
            edited = self.edited.get(pool.pool_id, LONG_AGO)
            if pool.pool_id in self.foreign or held == "record_fight" or self.t - edited < 160:
                continue
            truth = self.zone.addresses(pool.pool_id)
            if wanted is not None and truth != {k: tuple(sorted(v)) for k, v in wanted.addresses.items()}:
                raise Violation(
                    f"I6: the name holds {truth} instead of {wanted.addresses}, {self.t - calm_since:.0f} s on"
                )
            self._check_served(pool, held, calm_since)

    def _check_served(self, pool: PoolRow, held: str | None, calm_since: float) -> None:
        active = self.host_of(pool.active_id)
        down = active.service_down_since
        limit = self.config.recovery_sec + grace_sec(self.config.recovery_sec) + 5 + 25
        if down is None or self.t - max(down, calm_since) < limit or held in {"mass_silence", "flapping", "cooldown"}:
            return
        others = [self.hosts[m.member_id] for m in pool.members if m.member_id != pool.active_id]
        if any(
            o.serves and o.agent and o.path and self.t - o.run_from > 60 and self.t - o.troubled_at > 60 for o in others
        ):
            raise Violation(
                f"I7: m{active.member_id.int} is dead for {self.t - down:.0f} s and nobody took over ({held})"
            )


class _Watched:
    """The store as one process sees it: its stalls happen between its decision and the transaction."""

    def __init__(self, world: World, process: Process) -> None:
        self._world, self._process = world, process

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.store, name)

    def acquire(self, name: str, holder: str, ttl_sec: float) -> LeaseHeld | None:
        before = self._world.store.lease.holder
        taken = self._world.store.acquire(name, holder, ttl_sec)
        if taken is not None:
            self._process.blind_at = self._world.t
            if not taken.clean and before != holder:
                self._world.takeovers[taken.epoch] = self._world.t
        return taken

    def promote(self, order: Promotion, lease: LeaseHeld, fence: Fence) -> UUID | None:
        stall = self._process.stall_promote
        if stall:
            self._process.stall_promote = 0.0
            self._process.late_order = (self._world.t + stall, order, lease, fence)
            self._process.paused_until = self._world.t + stall
            return None
        return self._world.store.promote(order, lease, fence)

    def tried(self, intent: Intent, result: Converged, retry_sec: float) -> None:
        world = self._world
        row = world.store.row_of(intent)
        was_open = row.state == "open"
        world.store.tried(intent, result, retry_sec)
        on_its_way = any(item[1] == intent.pool_id for item in world.zone.late)
        fresh = world.t - world.edited.get(intent.pool_id, LONG_AGO) > 8
        if was_open and row.state == "done" and not on_its_way and fresh:
            truth = world.zone.addresses(intent.pool_id)
            if truth != {kind: tuple(sorted(texts)) for kind, texts in intent.addresses.items()}:
                raise Violation(f"R9: called done while the name holds {truth}")


class _Threads:
    """Calls run at once; what they found arrives later while the provider is slow."""

    def __init__(self, world: World, process: Process) -> None:
        self._world, self._process = world, process

    def submit(self, call: Callable[[], Converged], then: Callable[[Converged | None], None]) -> None:
        try:
            result: Converged | None = call()
        except FenceLost:
            result = None
        slow = 4.0 if self._world.zone.mode == "slow" else 0.0
        self._process.results.append((self._world.t + slow, then, result))

    def deliver(self) -> None:
        results, self._process.results = self._process.results, []
        for due, then, result in results:
            if due <= self._world.t:
                then(result)
            else:
                self._process.results.append((due, then, result))


class _Eyes:
    """The control plane's own probes: they see what is there, unless the path is cut."""

    def __init__(self, world: World) -> None:
        self._world = world

    def latest(self, now: float) -> Mapping[UUID, Vote]:
        world = self._world
        if not world.config.probed:
            return {}
        return {
            host.member_id: Vote(HERE, host.serves and host.path and host.member_id not in world.isp_cut, 1.0)
            for host in world.hosts.values()
        }


def with_members(pool: PoolRow, change: Callable[[MemberRow], MemberRow]) -> PoolRow:
    return replace(pool, members=tuple(map(change, pool.members)))
