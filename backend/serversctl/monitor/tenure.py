"""R8: the lease that makes one monitor act, by the database's clock, and how long it may trust it by its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ..failover.ports import LeaseHeld, Store
from ..failover.rules.guards import ALL, Guards

log = logging.getLogger(__name__)

NAME = "failover"
TTL_SEC, RENEW_SEC, LOCK_DELAY_SEC = 8.0, 2.0, 15.0
# We stop trusting the lease this long before the others may take it: clocks run at slightly different speeds.
MARGIN_SEC = 1.0


class Change(StrEnum):
    NONE = "none"
    TAKEN = "taken"
    LOST = "lost"


class Tenure:
    """Holds, renews and gives up the lease. Times are the boot clock's."""

    def __init__(self, store: Store, holder: str, *, guards: Guards = ALL) -> None:
        self._store = store
        self.holder = holder
        self._guards = guards
        self.lease: LeaseHeld | None = None
        self._last: LeaseHeld | None = None
        self._renewed = 0.0
        self._tried = -RENEW_SEC
        self._wait_until = 0.0

    def valid(self, boot: float) -> bool:
        """May we act at this moment, without asking anybody?"""
        return self.lease is not None and boot - self._renewed < TTL_SEC - MARGIN_SEC

    def lock_delay(self, boot: float) -> float:
        """Seconds for which the holder before us may still be writing."""
        return max(0.0, self._wait_until - boot) if self._guards.lock_delay else 0.0

    def keep(self, boot: float, status: Mapping[str, Any]) -> Change:
        """Acquire or renew, at most every 2 s. `boot` is taken before the call, so trust never outlives the row."""
        if self.lease is not None and not self.valid(boot):
            log.warning("the lease could not be renewed in time: standing back")
            self.lease = None
            return Change.LOST
        if boot - self._tried < (RENEW_SEC if self.lease else RENEW_SEC / 2):
            return Change.NONE
        self._tried = boot
        if self.lease is None:
            return self._take(boot)
        if self._store.renew(self.lease, TTL_SEC, status):
            self._renewed = boot
            return Change.NONE
        log.warning("another monitor took the lease")
        self.lease = self._last = None
        return Change.LOST

    def release(self) -> None:
        """Give it up, so that the next one need not wait."""
        if self.lease is not None:
            self._store.release(self.lease)
            self.lease = None

    def _take(self, boot: float) -> Change:
        taken = self._store.acquire(NAME, self.holder, TTL_SEC)
        if taken is None:
            return Change.NONE
        # Nobody can have been at work since we held it ourselves: the epoch moved by our own step only.
        ours = self._last is not None and taken.epoch == self._last.epoch + 1
        self.lease = self._last = taken
        self._renewed = boot
        self._wait_until = boot if taken.clean or ours else boot + LOCK_DELAY_SEC
        log.info("took the lease, epoch %d%s", taken.epoch, "" if taken.clean else ", after an unclean end")
        return Change.TAKEN
