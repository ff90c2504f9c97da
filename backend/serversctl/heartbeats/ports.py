"""What deciders may know of members: the latest sighting of each, in the store's own time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One member's try of a service that it was asked to probe. `at` is in store seconds."""

    probe_id: str
    ok: bool
    at: float
    millis: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """The latest state of one member. Times are store seconds (the TIME of the Redis server), as floats."""

    member_id: UUID
    seen_at: float  # receipt
    proven_at: float  # min(seen_at, issue time of the nonce it echoed); seen_at for agents that do not echo
    run_since: float  # start of the present run without a gap over max(3 s, 3 x interval)
    interval_sec: int
    boot_id: str
    seq: int
    agent_version: int
    ip: str | None  # declared or probed, from the body
    source: str  # the address that the request came from
    haproxy_monitored: bool
    haproxy_active: bool
    inactive_reports: int  # consecutive reports that say monitored and not active
    clone_suspected: bool  # interleaved boot ids: two hosts use one secret
    probe_results: tuple[ProbeResult, ...] = ()


class Liveness(Protocol):
    """The store of sightings. Every call may raise `kernel.errors.Unavailable`: then nothing is known."""

    def now(self) -> float:
        """The store's clock."""
        ...

    def sightings(self, ids: Collection[UUID]) -> dict[UUID, Sighting]:
        """The latest sighting of each of these that was ever heard."""
        ...

    def silent(self, before: float, limit: int = 1000) -> list[tuple[UUID, float]]:
        """Members last seen before this moment, with that time, oldest first."""
        ...

    def heard_since(self, since: float) -> int:
        """How many members were heard at or after this moment."""
        ...

    def known(self) -> int:
        """How many members were ever heard."""
        ...

    def canary_at(self) -> float:
        """When the monitor's own heartbeat last came through; 0.0 when never."""
        ...

    def replicas(self) -> dict[str, float]:
        """Each web replica with the time of its last flush mark."""
        ...
