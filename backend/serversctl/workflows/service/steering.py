"""What people do to a workflow: cancel it, try its failed step again, take back what it did."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...jobs import service as jobs
from ...jobs.rules import State as JobState
from ...jobs.tables import Job
from ...kernel.errors import Conflict
from ..registry import kinds
from ..rules import BROKEN, BUSY, State, StepState, may_retry, may_undo
from ..tables import Workflow, WorkflowStep
from .ending import end, tell
from .look import steps_of
from .starting import already_running, named, open_key_of


def cancel(session: Session, flow: Workflow, actor: Actor) -> Job | None:
    """No further step begins; the job of the present one is cancelled. Returns that job when it still runs."""
    if flow.state not in {State.RUNNING, State.WAITING}:
        raise Conflict(
            "workflow_not_cancellable", f"The workflow is {flow.state}: there is nothing to cancel.",
            extra={"state": flow.state},
        )  # fmt: skip
    busy = next((step for step in steps_of(session, flow.id) if step.state in BUSY), None)
    job = jobs.get_job(session, busy.job_id) if busy and busy.job_id else None
    _record(session, flow, actor, "cancel")
    if busy is None:
        end(session, kinds().get(flow.kind), flow, State.CANCELLED, None)
        return None
    if job is not None and job.state in {JobState.PENDING, JobState.RUNNING, JobState.HELD}:
        jobs.cancel(session, job, actor)
    elif job is not None and job.state == JobState.UNKNOWN:
        raise Conflict("job_undecided", "Nobody knows how the job of this step ended: decide about the job first.")
    flow.state = State.CANCELLING.value
    tell(session, flow, wanted=True)
    return job if job is not None and job.state == JobState.RUNNING else None


def retry(session: Session, flow: Workflow, actor: Actor) -> Workflow:
    """Go on with the step that failed, or with taking it back when that failed."""
    steps = steps_of(session, flow.id)
    if not may_retry(flow.state, [step.state for step in steps]):
        raise Conflict(
            "workflow_not_retryable", f"The workflow is {flow.state}: only a failed or cancelled step can be retried.",
            extra={"state": flow.state},
        )  # fmt: skip
    undoing = any(step.state == StepState.UNDO_FAILED for step in steps)
    for step in steps:
        if step.state in BROKEN:
            _again(step)
    _reopen(session, flow, State.UNDOING if undoing else State.RUNNING)
    _record(session, flow, actor, "retry")
    return flow


def undo(session: Session, flow: Workflow, actor: Actor) -> Workflow:
    """Take completed steps back, the last one first. Steps without an undo stay, and say why."""
    steps = steps_of(session, flow.id)
    if not may_undo(flow.state, [(step.state, step.undo_command is not None) for step in steps]):
        reasons = " ".join(step.no_undo_reason for step in steps if step.state == StepState.COMPLETED).strip()
        raise Conflict(
            "workflow_not_undoable", reasons or f"The workflow is {flow.state}: no completed step can be taken back.",
            extra={"state": flow.state},
        )  # fmt: skip
    for step in steps:
        if step.state == StepState.UNDO_FAILED:
            _again(step)
    flow.undo_requested_by = named(actor)
    _reopen(session, flow, State.UNDOING)
    _record(session, flow, actor, "undo")
    return flow


def _again(step: WorkflowStep) -> None:
    if step.state == StepState.UNDO_FAILED:
        step.state, step.undo_tries = StepState.COMPLETED.value, step.undo_tries + 1
    else:
        step.state, step.tries = StepState.WAITING.value, step.tries + 1
    step.error, step.ended_at = None, None


def _reopen(session: Session, flow: Workflow, state: State) -> None:
    key = open_key_of(flow, flow.dedupe_key)
    try:
        with session.begin_nested():
            flow.state, flow.error, flow.ended_at, flow.open_key = state.value, None, None, key
            session.flush()
    except IntegrityError:
        raise already_running(session, key) from None
    tell(session, flow, wanted=True)


def _record(session: Session, flow: Workflow, actor: Actor, what: str) -> None:
    audit.record(
        session, actor, f"workflow.{what}", account_id=flow.account_id, target_type="workflow", target_id=flow.id,
        details={"kind": flow.kind},
    )  # fmt: skip
