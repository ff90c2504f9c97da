"""A DNS provider that misbehaves on order, and a record keeper that drives it with the real reconciler of the dns room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from unittest.mock import patch
from uuid import UUID

from serversctl.dns import reconcile as dns_reconcile
from serversctl.dns.ports import (
    ChangeKind,
    Limits,
    OutcomeUnknown,
    Plan,
    ProviderUnavailable,
    RateLimited,
    Record,
    Zone,
)
from serversctl.dns.reconcile import Convergence, Outcome, Target, converge
from serversctl.failover.ports import DRIFT, Converged, DnsFacts, Fence
from serversctl.failover.rules.view import Addresses

ZONE = Zone("example.net", "z")
MODES = ("ok", "slow", "error", "limited", "noop", "lost", "lost_unapplied", "late")


class _WouldWrite(Exception):
    """A look must not write."""


@dataclass
class SimZone:
    """The records of every pool's name, and the writes that are still on their way."""

    now: Callable[[], float]
    records: dict[UUID, dict[str, Record]] = field(default_factory=dict)
    mode: str = "ok"
    late: list[tuple[float, UUID, Plan, Any]] = field(default_factory=list)
    number: int = 0
    stall_sec: float = 0.0
    landed: Callable[[UUID], None] = lambda pool_id: None

    def addresses(self, pool_id: UUID) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for record in self.records.get(pool_id, {}).values():
            found.setdefault(record.type, []).append(record.content)
        return {kind: tuple(sorted(texts)) for kind, texts in found.items()}

    def put(self, pool_id: UUID, kind: str, content: str) -> None:
        """Somebody else writes."""
        zone = self.records.setdefault(pool_id, {})
        same = [key for key, record in zone.items() if record.type == kind]
        self.number += 1
        key = same[0] if same else f"r{self.number}"
        zone[key] = Record(key, kind, content, 60)

    def drop(self, pool_id: UUID, kind: str) -> None:
        zone = self.records.setdefault(pool_id, {})
        for key in [key for key, record in zone.items() if record.type == kind]:
            del zone[key]

    def carry_out(self, pool_id: UUID, plan: Plan) -> None:
        zone = self.records.setdefault(pool_id, {})
        for change in plan.changes:
            if change.kind is ChangeKind.DELETE:
                assert change.before is not None
                zone.pop(change.before.id, None)
                continue
            assert change.after is not None
            key = change.after.id
            if change.kind is ChangeKind.CREATE or key not in zone:
                self.number += 1
                key = f"r{self.number}"
            zone[key] = Record(key, change.after.type, change.after.content, change.after.ttl, change.after.proxied)
        self.landed(pool_id)

    def step(self) -> None:
        due = [item for item in self.late if item[0] <= self.now()]
        self.late = [item for item in self.late if item[0] > self.now()]
        for _, pool_id, plan, _ in due:
            self.carry_out(pool_id, plan)


class SimProvider:
    """`dns.ports.Provider` over one pool's name."""

    kind = "sim"
    title = "Simulated"
    limits: ClassVar[Limits] = Limits(ttl_min=30, ttl_max=86400)

    def __init__(self, zone: SimZone, pool_id: UUID, written: Callable[[], None], flaws: frozenset[str]) -> None:
        self._zone, self._pool_id, self._written, self._flaws = zone, pool_id, written, flaws
        self._believed: tuple[Record, ...] | None = None

    def read(self, _zone: Zone, _name: str) -> tuple[Record, ...]:
        if self._zone.mode in {"error", "limited"}:
            self._refuse()
        if "read_back" in self._flaws and self._believed is not None:
            return self._believed
        found = tuple(self._zone.records.get(self._pool_id, {}).values())
        if "aaaa_conflict" in self._flaws:
            return tuple(record for record in found if record.type == "A")
        return found

    def apply(self, _zone: Zone, _name: str, plan: Plan, fence: Fence) -> None:
        fence()
        self._written()
        self._believed = plan.after
        mode = self._zone.mode
        if self._zone.stall_sec:
            # The writer is frozen between its last check and the wire.
            self._zone.late.append((self._zone.now() + self._zone.stall_sec, self._pool_id, plan, None))
            self._zone.stall_sec = 0.0
            raise OutcomeUnknown("timeout")
        if mode in {"error", "limited"}:
            self._refuse()
        if mode == "noop":
            return
        if mode == "late":
            self._zone.late.append((self._zone.now() + 4.0, self._pool_id, plan, None))
            raise OutcomeUnknown("timeout")
        if mode == "lost_unapplied":
            raise OutcomeUnknown("timeout")
        self._zone.carry_out(self._pool_id, plan)
        if mode == "lost":
            raise OutcomeUnknown("timeout")

    def _refuse(self) -> None:
        if self._zone.mode == "limited":
            raise RateLimited("429", retry_after_sec=5.0)
        raise ProviderUnavailable("503")


@dataclass
class SimKeeper:
    """`failover.ports.RecordKeeper` with the real `converge`; keeps "owned" as the dns room does."""

    zone: SimZone
    pools: tuple[UUID, ...]
    written: Callable[[UUID], None]
    flaws: frozenset[str] = frozenset()
    dynamic: bool = False
    owned: dict[UUID, set[str]] = field(default_factory=dict)
    published: set[UUID] = field(default_factory=set)
    wanted: dict[UUID, Addresses] = field(default_factory=dict)

    def facts(self) -> Mapping[UUID, DnsFacts]:
        return {
            pool: DnsFacts(internal=True, dynamic_sync=self.dynamic, published=pool in self.published)
            for pool in self.pools
        }

    def converge(self, pool_id: UUID, addresses: Addresses, fence: Fence, *, urgent: bool) -> Converged:
        found = self._run(pool_id, addresses, fence)
        owned = self.owned.setdefault(pool_id, set())
        if found.done:
            owned.clear()
            owned |= {text for record in found.records for text in (record.id, record.key)}
            self.published.add(pool_id)
            self.wanted[pool_id] = addresses
        else:
            owned |= {f"{write.type}/{write.new}" for write in found.writes if write.new}
        writes = tuple({"kind": write.kind} for write in found.writes)
        return Converged(found.outcome.value, found.observed, writes, found.detail, found.retry_after_sec)

    def observe(self, pool_id: UUID) -> Converged:
        def read_only() -> None:
            raise _WouldWrite

        try:
            found = self._run(pool_id, self.wanted.get(pool_id, {}), read_only)
        except _WouldWrite:
            return Converged(DRIFT, self.zone.addresses(pool_id))
        return Converged(found.outcome.value, found.observed, (), found.detail)

    def _run(self, pool_id: UUID, addresses: Addresses, fence: Fence) -> Convergence:
        provider: Any = SimProvider(self.zone, pool_id, lambda: self.written(pool_id), self.flaws)
        target = Target(ZONE, "lb.example.net", 60, owned=frozenset(self.owned.get(pool_id, ())))
        want = {kind: tuple(texts) for kind, texts in addresses.items() if texts}
        if not want and "zero_refusal" not in self.flaws:
            return Convergence(Outcome.REFUSED, detail="There is no address to publish.")
        if "zero_refusal" in self.flaws:
            with (
                patch.object(dns_reconcile, "check_plan", lambda plan: None),
                patch("serversctl.dns.rules.check_plan", lambda plan: None),
            ):
                return converge(provider, target, want, fence)
        return converge(provider, target, want, fence)
