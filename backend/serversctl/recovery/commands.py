"""Commands of this room that run in the control plane: wait until a member is ready, and make it active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ..dns.keeper import keeper_of
from ..failover.keeping import DnsKeeper
from ..failover.service import look, order_cutover
from ..heartbeats.latest import RedisLiveness
from ..identity.audit import Actor
from ..identity.tenancy import owned
from ..jobs.catalogue import HERE, Command, Later, Order
from ..jobs.rules import Danger
from ..jobs.tables import Job
from ..kernel.db import database_now, reading, unit_of_work
from ..kernel.errors import Conflict, NotFound
from ..pools.tables import Pool

AWAIT_READY, MAKE_ACTIVE = "recovery.await_ready", "recovery.make_active"
# A fresh HAProxy has to be heard without a break for a while before it counts as ready.
PATIENCE = timedelta(minutes=15)
LOOK_EVERY_SEC = 5


def await_ready(wiring: Any, order: Order) -> Mapping[str, Any]:
    """Wait until failover would take the member. Fails with the gates that stay shut."""
    member_id = _member(order)
    facts = DnsKeeper(keeper_of(wiring), wiring.sessions).facts()
    with reading(wiring.sessions) as session:
        pool = owned(session, Pool, order.pool_id, order.account_id)
        found = look(session, pool, liveness=RedisLiveness(wiring.redis), dns=facts)
        waited = database_now(session) - session.get_one(Job, order.job_id).created_at
    readiness = found.decision.readiness.get(member_id)
    if readiness is None:
        raise NotFound("member_not_found", "There is no such member in this pool.")
    if readiness.ready or member_id == found.view.active_id:
        return {
            "ready": True,
            "warnings": [gate.reason for gate in readiness.warned],
            "waitedSec": int(waited.total_seconds()),
        }
    reasons = " ".join(gate.reason for gate in readiness.failed)
    if waited > PATIENCE:
        minutes = int(PATIENCE.total_seconds() // 60)
        raise Conflict("member_not_ready", f"After {minutes} minutes the member is not ready: {reasons}")
    raise Later(f"Not ready yet: {reasons}", retry_in_sec=LOOK_EVERY_SEC)


def make_active(wiring: Any, order: Order) -> Mapping[str, Any]:
    """Move the pool to the member, as a person does. Nothing happens when it is active already."""
    member_id = _member(order)
    facts = DnsKeeper(keeper_of(wiring), wiring.sessions).facts()
    with unit_of_work(wiring.sessions) as session:
        pool = owned(session, Pool, order.pool_id, order.account_id, lock=True)
        if pool.active_member_id == member_id:
            return {"changed": False}
        event = order_cutover(
            session, pool, member_id=member_id, force=False, liveness=RedisLiveness(wiring.redis), dns=facts,
            by=_requester(session, order),
        )  # fmt: skip
        return {"changed": True, "eventId": str(event.id)}


def _requester(session: Session, order: Order) -> Actor:
    by = session.get_one(Job, order.job_id).requested_by
    return Actor(by["kind"], UUID(by["id"]) if by.get("id") else None, by["name"])


def _member(order: Order) -> UUID:
    return UUID(str(order.params["memberId"]))


WHO = {
    "memberId": {
        "type": "string", "title": "Member", "help": "the id of a member of this pool", "required": True,
        "pattern": "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    }
}  # fmt: skip
COMMANDS = [
    Command(
        id=AWAIT_READY, title="Wait until a member is ready",
        description="Waits up to 15 minutes until failover would take the member, and names what is missing.",
        danger=Danger.READ, timeout_sec=60, idempotent=True, params=WHO, runs_on=HERE, run=await_ready,
    ),
    Command(
        id=MAKE_ACTIVE, title="Make a member active",
        description="Moves the pool's name to this member when it is ready.",
        danger=Danger.DANGEROUS, timeout_sec=60, idempotent=True, params=WHO, runs_on=HERE, run=make_active,
    ),
]  # fmt: skip
