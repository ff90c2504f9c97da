"""The worker's side of heartbeats: the long history, and forgetting who is gone."""

from __future__ import annotations

import logging
from typing import Any

from ..kernel.db import reading, unit_of_work
from ..kernel.errors import Unavailable
from ..kernel.outbox import OutboxEvent
from . import history
from .latest import LatestFacts, RedisLiveness
from .service import all_members
from .store import REPLICAS

log = logging.getLogger(__name__)

REPLICA_GONE_SEC = 3600.0


def roll_up(wiring: Any) -> None:
    """Each 5 minutes: the mean of the last full 5 minutes of every member that was heard, into its day's row."""
    facts, now = LatestFacts(wiring.redis), RedisLiveness(wiring.redis).now()
    with reading(wiring.sessions) as session:
        ids = all_members(session)
    for some in (ids[i : i + history.BATCH] for i in range(0, len(ids), history.BATCH)):
        means = history.last_means(facts, some, now)
        with unit_of_work(wiring.sessions) as session:
            history.write(session, means, now)
    with unit_of_work(wiring.sessions) as session:
        history.forget_old(session, now)


def forget_gone(wiring: Any, _event: OutboxEvent | None = None) -> None:
    """Drop from the store what belongs to members that are no more, and marks of replicas that are long gone."""
    facts, now = LatestFacts(wiring.redis), RedisLiveness(wiring.redis).now()
    try:
        heard = facts.everyone()
        with reading(wiring.sessions) as session:
            known = set(all_members(session))
        facts.forget([member_id for member_id in heard if member_id not in known])
        gone = [name for name, at in facts.replicas().items() if now - at > REPLICA_GONE_SEC]
        if gone:
            wiring.redis.hdel(REPLICAS, *gone)
    except Unavailable as why:
        log.warning("the store was not tidied: %s", why.detail)


SUBSCRIPTIONS = {"member.deleted": forget_gone, "pool.deleted": forget_gone}
PERIODIC = [("heartbeat-history", 300, roll_up), ("heartbeat-forget", 3600, forget_gone)]
