"""Calls that other rooms' edges make by name (`wiring.hooks`): who is heard, and how pools stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import redis as redis_lib
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..kernel.errors import Unavailable
from ..members.service import dashed
from ..members.tables import Member
from ..members.wire import HeartbeatWire
from .latest import Facts, LatestFacts
from .rules import Freshness, state
from .tables import RECOVERY_SEC_DEFAULT, PoolPace


@dataclass(frozen=True, slots=True)
class Reported:
    """What a command's `applies` may ask of a member's last report."""

    agent_version: int
    os_family: str | None
    stacks: frozenset[str]
    commands: frozenset[str] | None = None


class Lending:
    """Bound to one Redis; put into the hooks when the app is made."""

    def __init__(self, redis: redis_lib.Redis) -> None:
        self._facts = LatestFacts(redis)

    def heartbeats_of(self, session: Session, rows: Sequence[Any]) -> dict[UUID, HeartbeatWire]:
        """The latest heartbeats of members (rows with `id` and `pool_id`). Raises Unavailable."""
        recovery = recovery_secs(session, {row.pool_id for row in rows})
        facts = self._facts.of([row.id for row in rows])
        return {row.id: wire(facts[row.id], recovery[row.pool_id]) for row in rows if row.id in facts}

    def heartbeats_by_text(self, session: Session, rows: Sequence[Any]) -> dict[str, HeartbeatWire]:
        """The same for rows whose ids are text, by the thousand. Raises Unavailable."""
        pools = {row.pool_id for row in rows}
        recovery = recovery_secs(session, {UUID(pool_id) for pool_id in pools})
        by_text = {pool_id: recovery[UUID(pool_id)] for pool_id in pools}
        facts = self._facts.of_text([dashed(row.id) for row in rows])
        return {
            member_id: wire(facts[member_id], by_text[row.pool_id])
            for row in rows
            if (member_id := dashed(row.id)) in facts
        }

    def pool_health(self, session: Session, pool_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
        """Members by freshness for each pool; all unknown while the store is away."""
        rows = session.execute(select(Member.id, Member.pool_id).where(Member.pool_id.in_(pool_ids))).all()
        try:
            heard = self.heartbeats_of(session, rows)
        except Unavailable:
            heard = {}
        split = {pool_id: {"members": 0, **{kind.value: 0 for kind in Freshness}} for pool_id in pool_ids}
        for row in rows:
            counts = split[row.pool_id]
            counts["members"] += 1
            counts[heard[row.id].state if row.id in heard else Freshness.UNKNOWN.value] += 1
        return split

    def member_facts(self, member_id: UUID) -> Reported | None:
        """What a member reports of itself; None when it was never heard or nothing is known."""
        try:
            found = self._facts.of([member_id]).get(member_id)
            body = self._facts.body(member_id) if found else None
        except Unavailable:
            return None
        if found is None:
            return None
        host = (body or {}).get("host") or {}
        family = host.get("osFamily") if isinstance(host, dict) else None
        return Reported(found.agent_version, family, frozenset(found.stacks))


def recovery_secs(session: Session, pool_ids: set[UUID]) -> dict[UUID, int]:
    """The failover delay of each pool."""
    found = dict.fromkeys(pool_ids, RECOVERY_SEC_DEFAULT)
    rows = session.execute(select(PoolPace.pool_id, PoolPace.recovery_sec).where(PoolPace.pool_id.in_(pool_ids)))
    found.update({row.pool_id: row.recovery_sec for row in rows})
    return found


def wire(facts: Facts, recovery_sec: int) -> HeartbeatWire:
    return HeartbeatWire(
        state=state(facts.age_sec, facts.interval_sec, recovery_sec).value,
        age_sec=round(facts.age_sec, 3),
        interval_sec=facts.interval_sec,
        agent_version=facts.agent_version,
        ip=facts.ip,
        source=facts.source,
        stacks=facts.stacks,
        haproxy_monitored=facts.haproxy_monitored,
        haproxy_active=facts.haproxy_active,
        clone_suspected=facts.clone_suspected,
    )
