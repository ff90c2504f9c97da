"""Who is told, when a failed delivery is tried again, and when opposite news cancel each other: pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

ATTEMPTS = 16
RETRY_FIRST_SEC, RETRY_MAX_SEC = 10.0, 3600.0


class Topic(StrEnum):
    """What a channel can ask for."""

    FAILOVER = "failover"
    HOLD = "hold"
    MEMBER = "member"
    DNS = "dns"
    JOB = "job"
    CERTIFICATE = "certificate"


class Fate(StrEnum):
    """What the end of a trouble does to the news of its beginning, on one way out."""

    TELL = "tell"
    DROP_BOTH = "drop_both"  # the beginning was not told yet: neither is news any more
    NOTHING = "nothing"  # the beginning was never told


def wants(*, pool_of_channel: UUID | None, topics: Sequence[str], pool_id: UUID | None, topic: str) -> bool:
    """Whether a channel takes a message. No pool and no topics named mean all of them."""
    return pool_of_channel in {None, pool_id} and (not topics or topic in topics)


def retry_delay_sec(attempts: int, chance: random.Random) -> float:
    """10 s, 20 s, … up to an hour, with up to half of it taken off by chance."""
    longest = min(RETRY_MAX_SEC, RETRY_FIRST_SEC * 2.0 ** min(max(attempts - 1, 0), 20))
    return longest * chance.uniform(0.5, 1.0)


def fate_of_recovery(before: str | None, attempts: int) -> Fate:
    """`before` is the state of the last delivery about the same trouble, None when there is none."""
    if before == "waiting" and attempts == 0:
        return Fate.DROP_BOTH
    return Fate.TELL if before in {"waiting", "sent", "failed"} else Fate.NOTHING
