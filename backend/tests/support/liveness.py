"""The liveness store in memory: tests say who was heard, and when."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from serversctl.heartbeats.ports import Sighting
from serversctl.kernel.errors import Unavailable

BLANK = Sighting(
    member_id=UUID(int=0), seen_at=0.0, proven_at=0.0, run_since=0.0, interval_sec=1, boot_id="boot", seq=1,
    agent_version=1, ip=None, source="198.51.100.1", haproxy_monitored=True, haproxy_active=True, inactive_reports=0,
    clone_suspected=False,
)  # fmt: skip


class FakeLiveness:
    """`heartbeats.ports.Liveness` with a clock that tests move."""

    def __init__(self, at: float = 10_000.0) -> None:
        self.at = at
        self.latest: dict[UUID, Sighting] = {}
        self.canary: float = at
        self.marks: dict[str, float] = {}
        self._times: list[float] = []
        self._away = False

    # --- what tests do ---

    def hear(self, member_id: UUID, **changed: Any) -> Sighting:
        """A heartbeat now; an unbroken run goes on, as intake would have it."""
        before = self.latest.get(member_id, replace(BLANK, member_id=member_id, seen_at=-1e9))
        limit = max(3.0, 3.0 * before.interval_sec)
        # A heartbeat that was on its way for long proves the past: it does not carry a run on.
        broken = self.at - before.seen_at > limit or self.at - changed.get("proven_at", self.at) > limit
        broken = broken or before.seen_at > self.at + 1.0  # the store's clock was set back
        values = {"run_since": self.at if broken else before.run_since, "proven_at": self.at, "seq": before.seq + 1}
        if before.member_id in self.latest:
            self._times.remove(before.seen_at)
        made = replace(before, seen_at=self.at, **{**values, **changed})
        self.latest[member_id] = made
        insort(self._times, made.seen_at)
        return made

    def flush(self) -> None:
        self.latest.clear()
        self._times.clear()
        self.canary = 0.0

    @contextmanager
    def away(self) -> Iterator[None]:
        self._away = True
        yield
        self._away = False

    # --- the port ---

    def now(self) -> float:
        if self._away:
            raise Unavailable("liveness_unavailable", "The liveness store is away.")
        return self.at

    def sightings(self, ids: Collection[UUID]) -> dict[UUID, Sighting]:
        return {member: self.latest[member] for member in ids if member in self.latest}

    def silent(self, before: float, limit: int = 1000) -> list[tuple[UUID, float]]:
        if not self._times or self._times[0] >= before:
            return []
        found = sorted((s.seen_at, member) for member, s in self.latest.items() if s.seen_at < before)
        return [(member, at) for at, member in found[:limit]]

    def heard_since(self, since: float) -> int:
        return len(self._times) - bisect_left(self._times, since)

    def known(self) -> int:
        return len(self.latest)

    def canary_at(self) -> float:
        return self.canary

    def replicas(self) -> dict[str, float]:
        return self.marks
