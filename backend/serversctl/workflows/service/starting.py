"""Beginning a workflow: its steps are written down once, so that a later release cannot change them under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...jobs.service.stopping import refuse_when_stopped
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ...kernel.ids import new_id
from ...members.tables import Member
from ...pools.tables import Pool
from ..ports import Subject
from ..registry import definition_of
from ..rules import State, StepState
from ..tables import Workflow, WorkflowStep
from .ending import tell


def start(
    session: Session,
    kind: str,
    *,
    pool: Pool,
    member: Member | None,
    params: Mapping[str, Any],
    actor: Actor,
    dedupe_key: str | None = None,
) -> Workflow:
    """Begin it; a worker orders the first job within a second.

    Raises Conflict: `precondition_failed` with the fix, `workflow_running` when one with this key is open.
    """
    definition = definition_of(kind)
    refuse_when_stopped(session, pool.account_id)
    subject = Subject(pool, member)
    for needed in definition.preconditions(session, subject, params):
        if not needed.ok:
            raise Conflict("precondition_failed", f"{needed.text} {needed.fix}".strip())
    specs = definition.steps(session, subject, params)
    flow = Workflow(
        id=new_id(),
        account_id=pool.account_id,
        pool_id=pool.id,
        member_id=member.id if member else None,
        kind=kind,
        title=definition.title(subject, params)[:200],
        params=dict(params),
        state=State.RUNNING.value,
        dedupe_key=dedupe_key,
        open_key=open_key_of(pool, dedupe_key),
        requested_by=named(actor),
        created_at=database_now(session),
    )
    steps = [
        WorkflowStep(
            workflow_id=flow.id,
            position=position,
            key=spec.key,
            title=spec.title,
            command=spec.command,
            member_id=spec.member_id,
            note=spec.note,
            undo_command=spec.undo[0] if spec.undo else None,
            undo_params=dict(spec.undo[1]) if spec.undo else None,
            no_undo_reason=spec.no_undo_reason,
            state=StepState.WAITING.value,
        )
        for position, spec in enumerate(specs)
    ]
    try:
        with session.begin_nested():
            session.add(flow)
            session.flush()
            session.add_all(steps)
            session.flush()
    except IntegrityError:
        raise already_running(session, flow.open_key) from None
    audit.record(
        session, actor, "workflow.start", account_id=pool.account_id, target_type="workflow", target_id=flow.id,
        details={"kind": kind, "poolId": str(pool.id), "memberId": str(member.id) if member else None},
    )  # fmt: skip
    tell(session, flow, wanted=True)
    return flow


def named(actor: Actor) -> dict[str, Any]:
    return {"kind": actor.kind, "id": str(actor.id) if actor.id else None, "name": actor.name}


def open_key_of(pool: Pool | Workflow, dedupe_key: str | None) -> str | None:
    return f"{pool.account_id}:{dedupe_key}" if dedupe_key else None


def already_running(session: Session, open_key: str | None) -> Conflict:
    other = session.scalar(select(Workflow.id).where(Workflow.open_key == open_key))
    return Conflict(
        "workflow_running",
        "The same is under way already: wait for it, or cancel it.",
        extra={"workflowId": str(other)} if other else {},
    )
