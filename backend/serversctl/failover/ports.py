"""What failover needs from outside: somebody who keeps DNS records, and a store for its own state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from .rules.view import Addresses, Policy
from .rules.warnings import Report

Fence = Callable[[], None]


class FenceLost(Exception):
    """The right to write is gone: another monitor holds the lease, or the pool moved on."""


@dataclass(frozen=True, slots=True)
class Converged:
    """What one try to bring a pool's record to `addresses` did. `outcome` is one of dns.reconcile.Outcome's words."""

    outcome: str
    observed: Addresses = field(default_factory=dict)
    writes: tuple[Mapping[str, Any], ...] = ()
    detail: str = ""
    retry_after_sec: float | None = None

    verified: bool | None = None  # what the zone's own servers say; None: nobody could be asked

    @property
    def done(self) -> bool:
        return self.outcome in {"in_sync", "applied"} and self.verified is not False


DRIFT = "drift"
NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True)
class DnsFacts:
    """What is set up for a pool's record, and whether the latest pre-flight was green."""

    internal: bool = False
    dynamic_sync: bool = False
    published: bool = True  # False: what the name's settings say now was not written yet
    problem: str = ""


class Reports(Protocol):
    """What hosts last said of themselves, as far as readiness warns of it (R7)."""

    latest_agent: int  # version of the newest agent that was built, 0 for none

    def of(self, ids: Collection[UUID]) -> Mapping[UUID, Report]:
        """By member; who never said anything readable is missing, and everybody is when the store does not answer."""
        ...


class RecordKeeper(Protocol):
    """Keeps the record of each pool. Calls may take seconds; they are made from worker threads."""

    def facts(self) -> Mapping[UUID, DnsFacts]:
        """The pools that have a record, from memory or one cheap query."""
        ...

    def converge(self, pool_id: UUID, addresses: Addresses, fence: Fence, *, urgent: bool) -> Converged:
        """Make the pool's record hold exactly these. Calls `fence` right before each write; what it raises goes through.

        urgent: may use the part of the provider's request budget that is kept for cutovers.
        """
        ...

    def observe(self, pool_id: UUID) -> Converged:
        """Read only: `observed` holds the addresses there. `outcome` is `in_sync`, `drift`, or why nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as the database knows it."""

    member_id: UUID
    name: str
    priority: int
    never_promote: bool
    maintenance: bool
    allowed_ips: tuple[str, ...]
    public_ips: tuple[str, ...]
    ever_seen: bool


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool as the database knows it. Times are the database's."""

    pool_id: UUID
    account_id: UUID
    name: str
    haproxy: bool
    epoch: int
    active_id: UUID | None
    policy: Policy
    members: tuple[MemberRow, ...]
    last_automatic_at: datetime | None = None
    automatic_last_hour: int = 0
    flapping: bool = False
    fighting: bool = False
    acknowledged_at: datetime | None = None
    held: bool = False  # a hold that goes away by itself is written down


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the evaluator needs from the database, read in a handful of bulk queries."""

    revision: str
    now: datetime
    pools: Mapping[UUID, PoolRow]
    fleet_recent: int = 0
    fleet_last_at: datetime | None = None
    halted: str | None = None
    disruptions: Mapping[UUID, datetime] = field(default_factory=dict)  # member → start of the job that stops HAProxy


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """A lease as it was granted. `clean`: the holder before gave it up by itself."""

    name: str
    holder: str
    epoch: int
    clean: bool


@dataclass(frozen=True, slots=True)
class Promotion:
    """An order to move a pool, and what it was decided from. `expected_*` is what the decider saw."""

    pool_id: UUID
    account_id: UUID
    expected_active: UUID | None
    expected_epoch: int
    to: UUID
    addresses: Addresses
    kind: str  # automatic | failback | manual
    reason: str
    sentences: Sequence[str]
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Intent:
    """The pool's record should hold `addresses`; kept until it does."""

    intent_id: UUID
    pool_id: UUID
    account_id: UUID
    event_id: UUID | None
    epoch: int
    cause: str  # promotion | restore | address | settings
    addresses: Addresses
    attempts: int
    age_sec: float
    wait_sec: float = 0.0  # until the next try
    slow_told: bool = False


class Store(Protocol):
    """The durable side of the monitor. Every method is one short transaction and may raise on an absent database."""

    def acquire(self, name: str, holder: str, ttl_sec: float) -> LeaseHeld | None: ...
    def renew(self, lease: LeaseHeld, ttl_sec: float, status: Mapping[str, Any]) -> bool: ...
    def release(self, lease: LeaseHeld) -> None: ...
    def holds_lease(self, lease: LeaseHeld) -> bool: ...

    def picture(self, revision: str | None) -> Picture | None:
        """The state of all pools, or None when `revision` is still the present one."""
        ...

    def promote(self, order: Promotion, lease: LeaseHeld, fence: Fence) -> UUID | None:
        """The promotion transaction (R8). The event's id, or None when somebody else decided first.

        `fence` is called inside it, after all waiting for locks: a decision that got old on the way is void.
        """
        ...

    def hold(self, pool: PoolRow, reason: str, sentence: str, alert_key: str) -> None:
        """The pool's automation holds for this one reason (and no longer for another). One alert per `alert_key`."""
        ...

    def escalate(self, pool: PoolRow, reason: str) -> None:
        """The hold lasts and the active member is still unhealthy: call people."""
        ...

    def unhold(self, pool: PoolRow) -> None:
        """Nothing holds any more, except what only a person may lift."""
        ...

    def open_intents(self) -> list[Intent]: ...

    def desired(self) -> Mapping[UUID, Intent]:
        """The latest intent of each pool's present epoch, open or done."""
        ...

    def publish(
        self, pool: PoolRow, cause: str, addresses: Addresses, lease: LeaseHeld, details: Mapping[str, Any]
    ) -> bool:
        """A new open intent for the present epoch. False when the pool moved on or has an open one."""
        ...

    def may_write(self, intent: Intent, lease: LeaseHeld) -> bool:
        """Right now: the lease is ours, the intent is open and the pool is still in its epoch."""
        ...

    def tried(self, intent: Intent, result: Converged, retry_sec: float) -> None:
        """Write down one attempt; closes the intent when it is done."""
        ...

    def slow(self, intent: Intent, detail: str) -> None:
        """The record has not followed for 15 s: tell people, once."""
        ...

    def restores_last_hour(self, pool_id: UUID) -> int: ...

    def stop_fighting(self, pool: PoolRow, sentence: str) -> None:
        """Somebody keeps changing the record: hold until a person acknowledges."""
        ...
