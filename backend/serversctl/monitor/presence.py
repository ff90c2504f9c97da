"""Who went silent and who came back, told once each, whatever the pool does about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from ..failover.ports import Picture
from ..failover.rules.timing import RECOVERY_MIN_SEC
from ..heartbeats.ports import Liveness
from ..heartbeats.service import lost_members, mark_lost, mark_recovered
from ..kernel.db import SessionFactory, reading, unit_of_work
from .evaluator import Evaluator

EVERY_SEC = 1.0
BACK_SEC = 5.0  # a lost member heard within this time is back


class Outages(Protocol):
    """Where it is written down who is lost; each call says whether it was first."""

    def lost(self) -> set[UUID]: ...
    def mark_lost(self, found: Mapping[UUID, float]) -> None: ...
    def mark_recovered(self, found: Collection[UUID]) -> None: ...


class SqlOutages:
    """The outage rows of the heartbeats room."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    def lost(self) -> set[UUID]:
        with reading(self._sessions) as session:
            return set(lost_members(session))

    def mark_lost(self, found: Mapping[UUID, float]) -> None:
        with unit_of_work(self._sessions) as session:
            for member_id, silence_sec in found.items():
                mark_lost(session, member_id, age_sec=round(silence_sec, 1), why="No heartbeat.")

    def mark_recovered(self, found: Collection[UUID]) -> None:
        with unit_of_work(self._sessions) as session:
            for member_id in found:
                mark_recovered(session, member_id)


class Presence:
    """Looks once a second, with the evaluator's counted clock: an outage of ours makes nobody lost."""

    def __init__(self, liveness: Liveness, outages: Outages) -> None:
        self._liveness = liveness
        self._outages = outages
        self._lost: set[UUID] | None = None
        self._next = float("-inf")

    def start_anew(self) -> None:
        """After a takeover the rows are read again: another monitor may have written them."""
        self._lost = None

    def step(self, evaluator: Evaluator, boot: float) -> None:
        """Mark what changed. While we know nothing, or most of the fleet is silent at once, nothing is told of one."""
        picture = evaluator.picture
        if boot < self._next or picture is None or evaluator.clock.blackout is not None or evaluator.mass is not None:
            return
        self._next = boot + EVERY_SEC
        if self._lost is None:
            self._lost = self._outages.lost()
        now = self._liveness.now()
        found = {
            member: silence
            for member, limit, seen_at in self._late(picture, now)
            if member not in self._lost and (silence := evaluator.clock.silence(seen_at)) >= limit
        }
        if found:
            self._outages.mark_lost(found)
            self._lost |= found.keys()
        sightings = self._liveness.sightings(self._lost)
        back = {member for member, seen in sightings.items() if now - seen.seen_at < BACK_SEC}
        if back:
            self._outages.mark_recovered(back)
            self._lost -= back

    def _late(self, picture: Picture, now: float) -> list[tuple[UUID, int, float]]:
        limits = {m.member_id: pool.policy.recovery_sec for pool in picture.pools.values() for m in pool.members}
        return [
            (member, limits[member], seen_at)
            for member, seen_at in self._liveness.silent(now - RECOVERY_MIN_SEC)
            if member in limits
        ]
