"""The monitor's store in memory, with the same promises as the database's. `failover/test_store_parity.py` compares the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from serversctl.failover.ports import Converged, Fence, FenceLost, Intent, LeaseHeld, Picture, PoolRow, Promotion
from serversctl.failover.rules.guards import Guards
from serversctl.failover.rules.limits import COOLDOWN_SEC, PER_HOUR
from serversctl.failover.rules.view import Addresses

EPOCH_ZERO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Row:
    """An intent."""

    intent: Intent
    state: str
    created: float
    next_try: float


@dataclass(slots=True)
class Event:
    """A promotion that was carried out. `seen` is what the decider had seen."""

    at: float
    pool_id: UUID
    epoch: int
    kind: str
    from_id: UUID | None
    to: UUID
    by: str
    seen: tuple[UUID | None, int]
    was: tuple[UUID | None, int]
    reason: str
    evidence: Mapping[str, Any]


@dataclass(slots=True)
class Lease:
    holder: str = ""
    epoch: int = 0
    expires: float = -1.0
    released: bool = True


@dataclass
class MemStore:
    """Time comes from `now`, the database's clock of the simulated world."""

    now: Callable[[], float]
    pools: dict[UUID, PoolRow]
    guards: Guards
    lease: Lease = field(default_factory=Lease)
    events: list[Event] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    audits: int = 0
    alerts: set[str] = field(default_factory=set)
    holds: dict[UUID, str] = field(default_factory=dict)
    revision: int = 0
    number: int = 0

    def wall(self) -> datetime:
        return EPOCH_ZERO + timedelta(seconds=self.now())

    def change(self, pool: PoolRow) -> None:
        self.pools[pool.pool_id] = pool
        self.revision += 1

    # --- lease ---

    def acquire(self, name: str, holder: str, ttl_sec: float) -> LeaseHeld | None:
        lease = self.lease
        if lease.expires > self.now() and not lease.released:
            return None
        clean = lease.released
        lease.holder, lease.epoch, lease.released = holder, lease.epoch + 1, False
        lease.expires = self.now() + ttl_sec
        return LeaseHeld(name, holder, lease.epoch, clean)

    def renew(self, lease: LeaseHeld, ttl_sec: float, status: Mapping[str, Any]) -> bool:
        if (self.lease.holder, self.lease.epoch, self.lease.released) != (lease.holder, lease.epoch, False):
            return False
        self.lease.expires = self.now() + ttl_sec
        return True

    def release(self, lease: LeaseHeld) -> None:
        if (self.lease.holder, self.lease.epoch) == (lease.holder, lease.epoch):
            self.lease.released = True

    def holds_lease(self, lease: LeaseHeld) -> bool:
        mine = (self.lease.holder, self.lease.epoch) == (lease.holder, lease.epoch)
        return mine and not self.lease.released and self.lease.expires > self.now()

    # --- picture and promotion ---

    def picture(self, revision: str | None) -> Picture | None:
        present = str((self.revision, int(self.now() / 10)))
        if revision == present:
            return None
        automatic = [event for event in self.events if event.kind == "automatic" and event.at > self.now() - 600]
        last = max((event.at for event in automatic), default=None)
        return Picture(
            revision=present,
            now=self.wall(),
            pools={pool_id: self._with_history(pool) for pool_id, pool in self.pools.items()},
            fleet_recent=len(automatic),
            fleet_last_at=None if last is None else EPOCH_ZERO + timedelta(seconds=last),
        )

    def _with_history(self, pool: PoolRow) -> PoolRow:
        moved = self._automatic(pool.pool_id)
        last = EPOCH_ZERO + timedelta(seconds=max(moved)) if moved else None
        hold = self.holds.get(pool.pool_id, "")
        return replace(
            pool, last_automatic_at=last, automatic_last_hour=len(moved), fighting=hold == "record_fight",
            held=hold not in {"", "record_fight", "flapping"},
        )  # fmt: skip

    def _automatic(self, pool_id: UUID) -> list[float]:
        return [e.at for e in self.events if e.pool_id == pool_id and e.kind != "manual" and e.at > self.now() - 3600]

    def promote(
        self, order: Promotion, lease: LeaseHeld | None, fence: Fence = lambda: None, by: str = ""
    ) -> UUID | None:
        pool = self.pools[order.pool_id]
        was, seen = (pool.active_id, pool.epoch), (order.expected_active, order.expected_epoch)
        if not any(order.addresses.values()) and self.guards.zero_refusal:
            return None
        if lease is not None and not self.holds_lease(lease):
            return None
        if self.guards.epoch_cas and was != seen:
            return None
        try:
            fence()
        except FenceLost:
            return None
        moved = self._automatic(order.pool_id)
        cooling = bool(moved) and self.now() - max(moved) < COOLDOWN_SEC and self.guards.cooldown
        if order.kind != "manual" and (not pool.policy.auto or cooling or len(moved) >= PER_HOUR):
            return None
        self.change(replace(pool, active_id=order.to, epoch=pool.epoch + 1))
        for row in self.rows:
            if row.intent.pool_id == order.pool_id and row.state == "open":
                row.state = "superseded"
        self.number += 1
        event_id = UUID(int=self.number)
        self.events.append(
            Event(
                self.now(), order.pool_id, pool.epoch + 1, order.kind, pool.active_id, order.to,
                lease.holder if lease else by, seen, was, order.reason, order.evidence,
            )
        )  # fmt: skip
        self.audits += 1
        self.alerts.add(f"{order.pool_id}:{pool.epoch + 1}")
        self._open(order.pool_id, order.account_id, event_id, "promotion", order.addresses)
        self.holds.pop(order.pool_id, None)
        return event_id

    # --- holds ---

    def hold(self, pool: PoolRow, reason: str, sentence: str, alert_key: str) -> None:
        if self.holds.get(pool.pool_id) not in {"flapping", "record_fight"}:
            self.holds[pool.pool_id] = reason
            self.revision += 1

    def escalate(self, pool: PoolRow, reason: str) -> None: ...

    def unhold(self, pool: PoolRow) -> None:
        if self.holds.get(pool.pool_id) not in {"flapping", "record_fight"}:
            self.holds.pop(pool.pool_id, None)
            self.revision += 1

    # --- intents ---

    def _open(
        self, pool_id: UUID, account_id: UUID, event_id: UUID | None, cause: str, addresses: Addresses
    ) -> None:  # fmt: skip
        self.number += 1
        intent = Intent(
            UUID(int=self.number), pool_id, account_id, event_id, self.pools[pool_id].epoch, cause, addresses, 0, 0.0
        )
        self.rows.append(Row(intent, "open", self.now(), self.now()))

    def _live(self, row: Row) -> Intent:
        return replace(row.intent, age_sec=self.now() - row.created, wait_sec=max(0.0, row.next_try - self.now()))

    def open_intents(self) -> list[Intent]:
        return [self._live(row) for row in self.rows[-12:] if row.state == "open"]

    def desired(self) -> Mapping[UUID, Intent]:
        found: dict[UUID, Intent] = {}
        for row in self.rows:
            if row.state != "superseded" and row.intent.epoch == self.pools[row.intent.pool_id].epoch:
                found[row.intent.pool_id] = self._live(row)
        return found

    def publish(
        self, pool: PoolRow, cause: str, addresses: Addresses, lease: LeaseHeld, details: Mapping[str, Any]
    ) -> bool:
        if not any(addresses.values()) and self.guards.zero_refusal:
            return False
        busy = any(row.state == "open" and row.intent.pool_id == pool.pool_id for row in self.rows)
        moved = self.guards.epoch_cas and self.pools[pool.pool_id].epoch != pool.epoch
        if busy or moved or not self.holds_lease(lease):
            return False
        self._open(pool.pool_id, pool.account_id, None, cause, addresses)
        return True

    def row_of(self, intent: Intent) -> Row:
        return next(row for row in self.rows if row.intent.intent_id == intent.intent_id)

    def may_write(self, intent: Intent, lease: LeaseHeld) -> bool:
        current = self.pools[intent.pool_id].epoch == intent.epoch
        return current and self.row_of(intent).state == "open" and self.holds_lease(lease)

    def tried(self, intent: Intent, result: Converged, retry_sec: float) -> None:
        row = self.row_of(intent)
        if row.state != "open":
            return
        row.intent = replace(row.intent, attempts=row.intent.attempts + 1)
        row.next_try = self.now() + retry_sec
        if result.done:
            row.state = "done"

    def slow(self, intent: Intent, detail: str) -> None:
        row = self.row_of(intent)
        row.intent = replace(row.intent, slow_told=True)

    def restores_last_hour(self, pool_id: UUID) -> int:
        return sum(1 for row in self.rows if row.intent.pool_id == pool_id and row.intent.cause == "restore")

    def stop_fighting(self, pool: PoolRow, sentence: str) -> None:
        self.holds[pool.pool_id] = "record_fight"
        self.revision += 1
