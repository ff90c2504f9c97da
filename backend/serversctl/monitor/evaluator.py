"""Looks at liveness each tick and says which pools need something done. It reads; the loop acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil
from typing import Protocol
from uuid import UUID

from ..failover.observing import Observations, pool_view
from ..failover.ports import DnsFacts, Picture, PoolRow
from ..failover.rules.brake import MassGuard
from ..failover.rules.counted import CountedClock, Reading
from ..failover.rules.decide import Decision, Kind, decide
from ..failover.rules.guards import ALL, Guards
from ..failover.rules.timing import FLUSH_SEC, RECOVERY_MIN_SEC, silence_limit_sec
from ..failover.rules.verdict import Health
from ..failover.rules.view import Mass, PoolView, Vote, Warn, Weather
from ..heartbeats.ports import Liveness, Sighting
from ..kernel.errors import Unavailable

TICK_SEC = 0.25
SWEEP_SEC = 5.0
SWEEP_MIN = 50
HEARD_SEC = 2.0
# Between these a gap in heartbeats counts as silence for the mass guard, whatever interval the members have.
STALE_MIN_SEC, STALE_MAX_SEC = 3.0, 8.0


class Votes(Protocol):
    """The control plane's own probes of services."""

    def latest(self, now: float) -> Mapping[UUID, Vote]: ...


class NoVotes:
    def latest(self, now: float) -> Mapping[UUID, Vote]:  # noqa: ARG002
        return {}


@dataclass(frozen=True, slots=True)
class Judged:
    """A pool that was looked at in this tick."""

    pool: PoolRow
    view: PoolView
    decision: Decision
    sightings: Mapping[UUID, Sighting]


class Evaluator:
    """The state between ticks: the counted clock, the mass guard, the picture of the pools, and which of them are hot.

    A quiet tick costs a few calls to the liveness store and no SQL. Pools are looked at when their active member's
    heartbeat is late, in slices so that each is seen at least every 5 s, and every tick while anything is wrong.
    """

    def __init__(
        self,
        liveness: Liveness,
        votes: Votes | None = None,
        *,
        warnings: Callable[[], Mapping[UUID, tuple[Warn, ...]]] | None = None,
        guards: Guards = ALL,
    ) -> None:
        self._liveness = liveness
        self._votes = votes or NoVotes()
        self._warnings = warnings or dict
        self._guards = guards
        self.clock = CountedClock(guards)
        self._brake = MassGuard()
        self.mass: Mass | None = None
        self.mass_number = 0.0  # store time at which the present mass silence began
        self.picture: Picture | None = None
        self.dns: Mapping[UUID, DnsFacts] = {}
        self._picture_boot = 0.0
        self._watched: dict[UUID, UUID] = {}  # active member → pool
        self._turn: list[UUID] = []
        self._hot: set[UUID] = set()
        self._expected = 0  # members that were ever heard, by the database: a flush does not forget them
        self._heard: set[UUID] = set()  # members that the store has known since we watch
        self._interval_max = 1
        self._soonest: float | None = None
        self._recovery_min = RECOVERY_MIN_SEC
        self.lock_delay_sec = 0.0  # the loop keeps this up to date

    def start_anew(self) -> None:
        """After a takeover nothing that was seen before counts (R3)."""
        self.clock = CountedClock(self._guards)
        self._brake.forget()
        self.mass = None
        self._hot.clear()
        self._heard.clear()

    def show(self, picture: Picture, boot: float) -> None:
        """Take in the present rows."""
        self.picture, self._picture_boot = picture, boot
        pools = picture.pools.values()
        self._watched = {pool.active_id: pool.pool_id for pool in pools if pool.active_id is not None}
        self._hot &= picture.pools.keys()
        self._expected = sum(member.ever_seen for pool in pools for member in pool.members)
        autos = [pool.policy.recovery_sec for pool in pools if pool.policy.auto]
        self._recovery_min = min(autos, default=RECOVERY_MIN_SEC)

    def heat(self, pool_id: UUID) -> None:
        """Look at this pool in the next tick too."""
        self._hot.add(pool_id)

    def database_now(self, boot: float) -> datetime:
        """The database's time, by its last answer and the boot clock."""
        assert self.picture is not None  # noqa: S101
        return self.picture.now + timedelta(seconds=boot - self._picture_boot)

    def tick(self, boot: float) -> list[Judged]:
        """One look. Answers every pool that was judged in it, promotions first in order of need."""
        try:
            now = self._read(boot)
            if self.picture is None:
                return []
            return self._judge(self._worth_a_look(now), now, boot)
        except Unavailable:
            self.clock.away()
            return []

    def again(self, pool_id: UUID, boot: float) -> Judged | None:
        """Judge one pool anew with what the store says now, right before acting (I3)."""
        try:
            found = self._judge([pool_id], self._liveness.now(), boot)
        except Unavailable:
            self.clock.away()
            return None
        return found[0] if found else None

    def votes(self) -> Iterable[tuple[UUID, Vote]]:
        return self._votes.latest(self.clock.now).items()

    def sleep_sec(self) -> float:
        """Until the next tick: the earliest deadline, and never more than a quarter of a second."""
        if self._soonest is None:
            return TICK_SEC
        return min(TICK_SEC, max(0.01, self._soonest))

    def weather(self, boot: float) -> Weather:
        """What holds for the whole installation now."""
        picture = self.picture
        last = picture.fleet_last_at if picture else None
        return Weather(
            blackout=self.clock.blackout.value if self.clock.blackout else None,
            good_for_sec=self.clock.good_for,
            lock_delay_sec=self.lock_delay_sec,
            mass=self.mass,
            fleet_pools=len(picture.pools) if picture else 1,
            fleet_recent=picture.fleet_recent if picture else 0,
            fleet_last_sec=(self.database_now(boot) - last).total_seconds() if last else None,
            halted=picture.halted if picture else None,
        )

    def _read(self, boot: float) -> float:
        store, now = self._liveness, self._liveness.now()
        heard_within = max(HEARD_SEC, 1.5 * self._interval_max) if self._interval_max <= 2 else HEARD_SEC
        reading = Reading(
            store=now,
            boot=boot,
            canary_at=store.canary_at(),
            heard=store.heard_since(now - heard_within) > 0,
            known=store.known(),
            replicas=store.replicas(),
        )
        self.clock.tick(reading)
        stale = min(STALE_MAX_SEC, max(STALE_MIN_SEC, 3.0 * self._interval_max))
        before = self.mass
        self.mass = self._brake.look(
            now=now,
            floor=self.clock.floor,
            began=self.clock.began,
            stale_sec=stale,
            window_sec=float(self._recovery_min),
            known=max(reading.known, self._expected),
            heard_since=store.heard_since,
        )
        if before is not None and self.mass is None:
            self.clock.grant_grace()
        if self.mass is not None:
            self.mass_number = round(now - self.mass.for_sec)
        return now

    def _worth_a_look(self, now: float) -> list[UUID]:
        """Hot pools, pools whose active member is late, and this tick's slice of all."""
        assert self.picture is not None  # noqa: S101
        wanted = dict.fromkeys(self._hot)
        late = self._liveness.silent(now - self._recovery_min - FLUSH_SEC)
        wanted.update(dict.fromkeys(self._watched[member] for member, _ in late if member in self._watched))
        for pool_id in self._slice():
            wanted[pool_id] = None
        return [pool_id for pool_id in wanted if pool_id in self.picture.pools]

    def _slice(self) -> Iterable[UUID]:
        if not self._turn:
            self._turn = list(self._watched.values())
        size = max(SWEEP_MIN, ceil(len(self._watched) * TICK_SEC / SWEEP_SEC))
        taken, self._turn = self._turn[:size], self._turn[size:]
        return taken

    def _judge(self, pool_ids: Iterable[UUID], now: float, boot: float) -> list[Judged]:
        picture = self.picture
        assert picture is not None  # noqa: S101
        pools = [picture.pools[pool_id] for pool_id in pool_ids]
        members = [m.member_id for pool in pools for m in pool.members]
        sightings = self._liveness.sightings(members)
        if any(member in self._heard and member not in sightings for member in members):
            self._heard.clear()
            self.clock.lost()
        self._heard.update(sightings)
        seen = Observations(
            now=now,
            database_now=self.database_now(boot),
            sightings=sightings,
            silence=lambda since: self.clock.silence(self.clock.floor if since is None else since),
            dns=self.dns,
            votes=self._votes.latest(now),
            disruptions=picture.disruptions,
            warnings=self._warnings(),
        )
        weather = self.weather(boot)
        judged, soonest = [], None
        for pool in pools:
            view = pool_view(pool, seen, self._guards)
            decision = decide(view, weather, guards=self._guards)
            judged.append(Judged(pool, view, decision, sightings))
            self._note(pool, decision)
            left = self._deadline(view)
            if left is not None and left > 0:
                soonest = left if soonest is None else min(soonest, left)
        self._soonest = soonest
        self._note_intervals(sightings.values())
        return judged

    def _note(self, pool: PoolRow, decision: Decision) -> None:
        if decision.kind is Kind.STAY and decision.health in {Health.HEALTHY, Health.UNKNOWN}:
            self._hot.discard(pool.pool_id)
        else:
            self._hot.add(pool.pool_id)

    def _deadline(self, view: PoolView) -> float | None:
        active = view.member(view.active_id)
        if active is None or not view.policy.auto:
            return None
        return silence_limit_sec(view.policy.recovery_sec, active.interval_sec) - active.silence_sec

    def _note_intervals(self, sightings: Iterable[Sighting]) -> None:
        found = [s.interval_sec for s in islice(sightings, 500)]
        if found:
            self._interval_max = max(found)
