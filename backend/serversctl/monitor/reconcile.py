"""R9: brings each pool's record to what the pool's latest intent says, and keeps it there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from ..failover.ports import DRIFT, Converged, FenceLost, Intent, PoolRow, RecordKeeper, Store
from ..failover.rules.guards import ALL, Guards
from ..failover.rules.view import Addresses
from ..kernel.failpoint import failpoint
from .tenure import Tenure

log = logging.getLogger(__name__)

OPEN_SEC, STEADY_SEC, DESIRED_SEC = 1.0, 60.0, 10.0
RETRY_SEC, RETRY_MAX_SEC = 1.0, 30.0
SLOW_SEC = 15.0
DRIFT_SEC = 60.0  # a hand edit is left alone for this long
RESTORES_PER_HOUR = 3  # F12: then it is left, and a person is asked; an acknowledgement starts the count anew
RESTORE = "restore"
ADDRESS_GAP_SEC = 60.0
FACTS_SEC = 5.0  # what is known of the names may be this old, so older than our own latest write


class Threads(Protocol):
    """Runs calls beside the loop; results are picked up by `done`."""

    def submit(self, call: Callable[[], Converged], then: Callable[[Converged | None], None]) -> None:
        """Run `call` in a thread; `then` runs in the loop with its result, None when the fence was lost."""
        ...

    def deliver(self) -> None:
        """Run what finished calls left to do, in the loop's own thread."""
        ...


@dataclass(slots=True)
class _Drift:
    since: float
    observed: Addresses


class Reconciler:
    """One call in flight per pool. Everything but the calls themselves happens in the loop's thread."""

    def __init__(
        self,
        store: Store,
        keeper: RecordKeeper,
        tenure: Tenure,
        threads: Threads,
        boot: Callable[[], float],
        *,
        guards: Guards = ALL,
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._tenure = tenure
        self._threads = threads
        self._boot = boot
        self._guards = guards
        self._flying: set[UUID] = set()
        self._intents_at = self._desired_at = float("-inf")
        self._check_at: dict[UUID, float] = {}
        self._drifts: dict[UUID, _Drift] = {}
        self._addressed: dict[UUID, float] = {}
        self._written: dict[UUID, float] = {}
        self._open: set[UUID] = set()
        self.desired: Mapping[UUID, Intent] = {}
        self.halted = False  # only open intents are driven, nothing new is wanted

    def start_anew(self) -> None:
        self._drifts.clear()
        self.hurry()

    def hurry(self) -> None:
        """There is a new intent: look at once."""
        self._intents_at = self._desired_at = float("-inf")

    def step(self, pools: Mapping[UUID, PoolRow], connected: Mapping[UUID, Any]) -> None:
        """Start what is due. Does nothing without a lease that is still valid, nor in the lock delay."""
        self._threads.deliver()
        boot = self._boot()
        if not self._tenure.valid(boot) or self._tenure.lock_delay(boot) > 0:
            return
        if boot - self._intents_at >= OPEN_SEC:
            self._intents_at = boot
            intents = self._store.open_intents()
            self._open = {intent.pool_id for intent in intents}
            for intent in intents:
                if intent.wait_sec <= 0 and intent.pool_id not in self._flying:
                    self._drive(intent)
        if boot - self._desired_at >= DESIRED_SEC:
            self._desired_at = boot
            self.desired = self._store.desired()
        for pool_id in () if self.halted else connected:
            self._check(pools.get(pool_id), boot)

    def follow_address(self, pool: PoolRow, wanted: Addresses, *, published: bool) -> None:
        """The active member's addresses changed (F16, FO-20): a new intent in the same epoch, one per minute.

        Not `published`: a person connected the name or changed how it is written, and that does not wait.
        """
        known = self.desired.get(pool.pool_id)
        boot = self._boot()
        if self.halted or (not wanted and self._guards.zero_refusal):
            return
        if known is not None and (known.epoch != pool.epoch or (same(known.addresses, wanted) and published)):
            return
        latest, gap_sec = (self._addressed, ADDRESS_GAP_SEC) if published else (self._written, FACTS_SEC)
        if pool.pool_id in self._open or boot - latest.get(pool.pool_id, float("-inf")) < gap_sec:
            return
        lease = self._tenure.lease
        if lease is None:
            return
        self._addressed[pool.pool_id] = boot
        cause = "address" if known is not None and published else "settings"
        before = {kind: list(found) for kind, found in known.addresses.items()} if known else {}
        details = {"before": before, "after": {kind: list(found) for kind, found in wanted.items()}}
        if self._store.publish(pool, cause, wanted, lease, details):
            self.hurry()

    # --- open intents -------------------------------------------------------------------------------------------

    def _drive(self, intent: Intent) -> None:
        if intent.age_sec >= SLOW_SEC and not intent.slow_told:
            self._store.slow(intent, "The record does not follow yet.")
        self._flying.add(intent.pool_id)
        keeper, pool_id, addresses = self._keeper, intent.pool_id, intent.addresses
        urgent = intent.cause != RESTORE  # a hand edit may wait; what the pool itself wants may not

        def call() -> Converged:
            return keeper.converge(pool_id, addresses, lambda: self._fence(intent), urgent=urgent)

        self._threads.submit(call, lambda result: self._driven(intent, result))

    def _fence(self, intent: Intent) -> None:
        """Right before each write: is the lease still ours, and does the pool still want this?"""
        failpoint("failover.fence")
        lease = self._tenure.lease
        if lease is None or not self._tenure.valid(self._boot()):
            raise FenceLost("the lease has run out")
        if self._guards.epoch_cas and not self._store.may_write(intent, lease):
            raise FenceLost("the pool moved on or another monitor is at work")
        failpoint("failover.before_send")

    def _driven(self, intent: Intent, result: Converged | None) -> None:
        self._flying.discard(intent.pool_id)
        if result is None or not self._tenure.valid(self._boot()):
            self.hurry()
            return
        self._store.tried(intent, result, retry_sec(intent.attempts, result))
        if result.done:
            self._written[intent.pool_id] = self._boot()
            self._check_at[intent.pool_id] = self._boot() + STEADY_SEC
            self._drifts.pop(intent.pool_id, None)
            self.hurry()

    # --- steady check -------------------------------------------------------------------------------------------

    def _check(self, pool: PoolRow | None, boot: float) -> None:
        if pool is None or pool.pool_id in self._flying or pool.pool_id in self._open:
            return
        wanted = self.desired.get(pool.pool_id)
        if wanted is None or wanted.epoch != pool.epoch or pool.fighting:
            return
        if not pool.policy.auto or pool.policy.paused is not None:
            return  # F12 belongs to automation: without it, what people write stays
        # A new pool's first check is spread over the period, so that they do not come in one burst.
        due = self._check_at.setdefault(pool.pool_id, boot + pool.pool_id.int % 60)
        if boot < due:
            return
        self._check_at[pool.pool_id] = boot + STEADY_SEC
        self._flying.add(pool.pool_id)
        keeper = self._keeper
        self._threads.submit(lambda: keeper.observe(pool.pool_id), lambda seen: self._seen(pool, wanted, seen))

    def _seen(self, pool: PoolRow, wanted: Intent, seen: Converged | None) -> None:
        self._flying.discard(pool.pool_id)
        if seen is None or seen.outcome not in {DRIFT, "in_sync"}:
            return
        boot = self._boot()
        if seen.outcome == "in_sync" and same(addresses_of(seen.observed), wanted.addresses):
            self._drifts.pop(pool.pool_id, None)
            return
        drift = self._drifts.setdefault(pool.pool_id, _Drift(boot, seen.observed))
        if boot - drift.since < DRIFT_SEC:
            self._check_at[pool.pool_id] = drift.since + DRIFT_SEC
            return
        self._restore(pool, wanted, seen.observed)

    def _restore(self, pool: PoolRow, wanted: Intent, observed: Addresses) -> None:
        del self._drifts[pool.pool_id]
        lease = self._tenure.lease
        if lease is None:
            return
        if self._store.restores_last_hour(pool.pool_id) >= RESTORES_PER_HOUR:
            shown = ", ".join(text for found in observed.values() for text in found) or "nothing"
            self._store.stop_fighting(
                pool,
                f"Somebody keeps changing the record (now {shown}); it was put back {RESTORES_PER_HOUR} times within "
                "an hour. Find who edits it, then acknowledge.",
            )
            return
        details = {
            "found": {kind: list(texts) for kind, texts in observed.items()},
            "wanted": {kind: list(texts) for kind, texts in wanted.addresses.items()},
        }
        if self._store.publish(pool, RESTORE, wanted.addresses, lease, details):
            self.hurry()


def same(left: Addresses, right: Addresses) -> bool:
    return {kind: sorted(found) for kind, found in left.items() if found} == {
        kind: sorted(found) for kind, found in right.items() if found
    }


def addresses_of(observed: Addresses) -> Addresses:
    return {kind: found for kind, found in observed.items() if kind in {"A", "AAAA"}}


def retry_sec(attempts: int, result: Converged) -> float:
    """1 s at first, then slower; never before the provider's own Retry-After."""
    wait = min(RETRY_MAX_SEC, RETRY_SEC * 2.0 ** max(0, min(attempts, 10) - 4))
    return max(wait, result.retry_after_sec or 0.0)
