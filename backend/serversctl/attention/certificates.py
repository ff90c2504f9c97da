"""The certificates that members report, read now and then: they change within days, the page asks within seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from ..failover.reports import CERTIFICATES, first_to_expire
from ..failover.rules.warnings import Certificate
from ..heartbeats.latest import LatestFacts
from ..kernel.clock import Clock

KEEP_SEC = 60.0
KEPT_MAX = 200


class KeptCertificates:
    """The first to expire of each member. One for the process."""

    def __init__(self, facts: LatestFacts, clock: Clock) -> None:
        self._facts = facts
        self._clock = clock
        self._kept: dict[UUID, tuple[float, Mapping[str, Certificate]]] = {}

    def of(self, account_id: UUID, ids: Sequence[str]) -> Mapping[str, Certificate]:
        """By member. Raises Unavailable."""
        at = self._clock.boot()
        kept = self._kept.get(account_id)
        if kept is not None and at - kept[0] < KEEP_SEC:
            return kept[1]
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        blocks = self._facts.slow_blocks(ids, CERTIFICATES)
        read = {key: first_to_expire(block) for key, block in blocks.items()}
        found = {key: certificate for key, certificate in read.items() if certificate is not None}
        self._kept[account_id] = (at, found)
        return found
