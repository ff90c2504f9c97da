"""A person moves a pool: to a member of their choice, or to the next ready standby."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from ...heartbeats.ports import Liveness
from ...identity.audit import Actor
from ...kernel.errors import Conflict, NotFound
from ...pools.tables import Pool
from ..ports import DnsFacts, Promotion, Reports
from ..rules.choice import choose
from ..rules.evidence import evidence_of
from ..rules.readiness import Gate, Readiness
from ..rules.view import PoolView, Standing
from ..tables import FailoverEvent
from .looking import Look, look
from .promoting import promote

# Too short a run is worth a warning to a person, who may know why; the others would send clients to a dead host.
ONLY_WARN = frozenset({"unbroken"})


def order_cutover(
    session: Session,
    pool: Pool,
    *,
    member_id: UUID | None,
    force: bool,
    liveness: Liveness,
    dns: Mapping[UUID, DnsFacts],
    reports: Reports | None = None,
    by: Actor,
) -> FailoverEvent:
    """Move the pool now. Limits on automation do not apply (R10), readiness does (R7).

    Raises Conflict: `member_not_ready` with the gates that failed unless `force`, `no_candidate`, `already_active`,
    `member_not_publishable` (force does not help), `failover_lost_race` with the present state.
    """
    seen = look(session, pool, liveness=liveness, dns=dns, reports=reports)
    to = _chosen(seen, member_id, force=force)
    failed = seen.decision.readiness[to.member_id].failed
    warned = [*failed, *seen.decision.readiness[to.member_id].warned]
    order = Promotion(
        pool_id=pool.id,
        account_id=pool.account_id,
        expected_active=seen.view.active_id,
        expected_epoch=seen.view.epoch,
        to=to.member_id,
        addresses=to.addresses,
        kind="manual",
        reason="manual",
        sentences=[f"{by.name} ordered it.", *(f"Warning: {gate.reason}" for gate in warned)],
        evidence={
            **evidence_of(seen.view, seen.weather, seen.decision.readiness),
            "warnings": [{"name": gate.name, "reason": gate.reason} for gate in warned],
            "forced": bool(force and failed),
        },
    )
    return promote(session, order, by=by, lease=None)


def _chosen(seen: Look, member_id: UUID | None, *, force: bool) -> Standing:
    view, ready = seen.view, seen.decision.readiness
    if member_id is None:
        return _next(view, ready)
    member = view.member(member_id)
    if member is None:
        raise NotFound("member_not_found", "There is no such member in this pool.")
    if member.member_id == view.active_id:
        raise Conflict("already_active", f"{member.name} is active already.", extra=_state(view))
    if not member.addresses:
        raise Conflict("member_not_publishable", member.address_problem or "The member has no address for DNS.")
    failed = [gate for gate in ready[member.member_id].failed if gate.name not in ONLY_WARN]
    # Before the first activation there is nothing to lose, and heartbeats may not flow yet.
    if failed and not force and view.active_id is not None:
        raise Conflict(
            "member_not_ready",
            f"{member.name} is not ready: {failed[0].reason} Send `force: true` to move traffic there all the same.",
            extra={"gates": [_gate(gate) for gate in failed], **_state(view)},
        )
    return member


def _next(view: PoolView, ready: dict[UUID, Readiness]) -> Standing:
    member = view.member(choose(view, ready))
    if member is None:
        others = [m for m in view.members if m.member_id != view.active_id]
        why = " ".join(f"{m.name}: {ready[m.member_id].failed[0].reason}" for m in others if ready[m.member_id].failed)
        raise Conflict(
            "no_candidate", f"No standby is ready. {why or 'The pool has no standby: add one.'}", extra=_state(view)
        )
    return member


def _gate(gate: Gate) -> dict[str, str]:
    return {"name": gate.name, "reason": gate.reason}


def _state(view: PoolView) -> dict[str, object]:
    return {"activeMemberId": str(view.active_id) if view.active_id else None, "epoch": view.epoch}
