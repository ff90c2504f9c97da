"""Commands of this room that run in the control plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..dns.keeper import keeper_of
from ..heartbeats.latest import RedisLiveness
from ..identity.tenancy import owned
from ..jobs.catalogue import HERE, Command, Order
from ..jobs.rules import Danger
from ..kernel.db import reading
from ..pools.tables import Pool
from .keeping import DnsKeeper
from .service import look


def evaluate(wiring: Any, order: Order) -> Mapping[str, Any]:
    """Judge the pool as the monitor does each second, and say what it finds. The monitor acts; this only looks."""
    facts = DnsKeeper(keeper_of(wiring), wiring.sessions).facts()
    with reading(wiring.sessions) as session:
        pool = owned(session, Pool, order.pool_id, order.account_id)
        found = look(session, pool, liveness=RedisLiveness(wiring.redis), dns=facts)
    decision = found.decision
    return {
        "kind": decision.kind.value,
        "reason": decision.reason.value,
        "sentences": list(decision.sentences),
        "toMemberId": str(decision.to) if decision.to else None,
        "ready": [str(member) for member, readiness in decision.readiness.items() if readiness.ready],
    }


COMMANDS = [
    Command(
        id="failover.evaluate",
        title="Evaluate failover",
        description="Judges the pool now: is the active member healthy, which standbys are ready, what would be done.",
        danger=Danger.READ,
        timeout_sec=30,
        idempotent=True,
        runs_on=HERE,
        run=evaluate,
    )
]
