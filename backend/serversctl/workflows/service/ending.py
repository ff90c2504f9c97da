"""Where a workflow or a step changes its state: the row and the news together."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from ...kernel import outbox
from ...kernel.db import database_now
from ..ports import Definition
from ..rules import ENDED, State, StepState
from ..tables import Workflow, WorkflowStep


def end(session: Session, definition: Definition | None, flow: Workflow, state: State, error: str | None) -> None:
    flow.state, flow.error, flow.open_key = state.value, error, None
    flow.ended_at = database_now(session)
    if definition is not None:
        definition.on_end(session, flow)
    tell(session, flow)


def hold_up(session: Session, flow: Workflow, reason: str) -> None:
    """It waits, for this reason. The state of a workflow that is being cancelled or undone stays what it is."""
    state = State.WAITING.value if flow.state == State.RUNNING else flow.state
    if (flow.state, flow.error) != (state, reason):
        flow.state, flow.error = state, reason
        tell(session, flow)


def go_on(session: Session, flow: Workflow) -> None:
    state = State.RUNNING.value if flow.state == State.WAITING else flow.state
    if (flow.state, flow.error) != (state, None):
        flow.state, flow.error = state, None
        tell(session, flow)


def end_step(session: Session, flow: Workflow, step: WorkflowStep, state: StepState, error: str | None = None) -> None:
    step.state, step.error, step.ended_at = state.value, error, database_now(session)
    tell(session, flow, step)


def tell(session: Session, flow: Workflow, step: WorkflowStep | None = None, *, wanted: bool = False) -> None:
    """`workflow.changed` for the dashboard; `workflow.wanted` makes a worker look at it at once."""
    session.flush()
    payload = {
        "workflowId": str(flow.id), "kind": flow.kind, "title": flow.title, "state": flow.state, "error": flow.error,
        "step": step.key if step else None, "stepState": step.state if step else None,
    }  # fmt: skip
    where: dict[str, Any] = {"account_id": flow.account_id, "pool_id": flow.pool_id, "member_id": flow.member_id}
    outbox.emit(session, "workflow.changed", payload=payload, **where)
    if flow.state in ENDED:
        outbox.emit(session, f"workflow.{flow.state}", payload=payload, **where)
    if wanted:
        outbox.emit(session, "workflow.wanted", payload={"workflowId": str(flow.id)}, **where)
