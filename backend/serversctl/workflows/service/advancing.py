"""One move of a workflow at a time: look at the job of its step, or order the next one.

The workflow's row is locked first, so two workers take turns; each move is one transaction, so a crash leaves either
the state before it or the state after it. The job's idempotency key names the workflow, the step and the try.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ...identity.audit import Actor
from ...jobs import service as jobs
from ...jobs.rules import OPEN as OPEN_JOBS
from ...jobs.rules import State as JobState
from ...jobs.tables import Job
from ...kernel.db import database_now
from ...kernel.errors import Conflict, DomainError
from ...kernel.failpoint import failpoint
from ...members.tables import Member
from ...pools.tables import Pool
from ..ports import Definition, Skip, StepOrder, Wait
from ..registry import kinds
from ..rules import BUSY, OPEN, State, StepState
from ..tables import Workflow, WorkflowStep
from .ending import end, end_step, go_on, hold_up, tell
from .look import locked, steps_of
from .tools import Tools

# Refusals that pass by themselves.
PASSING = frozenset({"jobs_stopped"})


def advance(session: Session, tools: Tools, flow_id: UUID) -> bool:
    """Make one move. True when another may follow at once."""
    flow = locked(session, flow_id)
    if flow is None or flow.state not in OPEN:
        return False
    definition = kinds().get(flow.kind)
    if definition is None:
        end(
            session, None, flow, State.FAILED, f"This version knows no workflow of the kind {flow.kind}: start it anew."
        )
        return False
    steps = steps_of(session, flow.id)
    busy = next((step for step in steps if step.state in BUSY), None)
    if busy is not None:
        return _look_at_job(session, definition, flow, busy)
    if flow.state == State.CANCELLING:
        end(session, definition, flow, State.CANCELLED, None)
        return False
    undoing = flow.state == State.UNDOING
    step = _next(steps, undoing=undoing)
    if step is None:
        end(session, definition, flow, State.UNDONE if undoing else State.COMPLETED, None)
        return False
    return _begin(session, tools, definition, flow, step, results=results_of(steps), undoing=undoing)


def results_of(steps: Sequence[WorkflowStep]) -> Mapping[str, Mapping[str, Any]]:
    return {step.key: step.result or {} for step in steps if step.result is not None}


def _next(steps: Sequence[WorkflowStep], *, undoing: bool) -> WorkflowStep | None:
    if undoing:
        return next((s for s in reversed(steps) if s.state == StepState.COMPLETED and s.undo_command), None)
    return next((s for s in steps if s.state == StepState.WAITING), None)


def _begin(
    session: Session,
    tools: Tools,
    definition: Definition,
    flow: Workflow,
    step: WorkflowStep,
    *,
    results: Mapping[str, Mapping[str, Any]],
    undoing: bool,
) -> bool:
    try:
        with session.begin_nested():
            ask = definition.undo_of if undoing else definition.order_of
            wanted = ask(session, tools.sealer, flow, step, results)
            job = _order(session, tools, flow, step, wanted, undoing=undoing) if isinstance(wanted, StepOrder) else None
    except DomainError as why:
        if not why.permanent or why.code in PASSING | definition.passing:
            hold_up(session, flow, f"{step.title}: {why.detail}")
            return False
        return _broken(session, definition, flow, step, f"{why.code}: {why.detail}", undoing=undoing)
    if isinstance(wanted, Wait):
        hold_up(session, flow, wanted.reason)
        return False
    if isinstance(wanted, Skip):
        end_step(session, flow, step, StepState.UNDONE if undoing else StepState.SKIPPED, wanted.reason)
        return True
    assert job is not None  # noqa: S101
    failpoint("workflow.ordered")
    go_on(session, flow)
    step.error, step.ended_at = None, None
    if undoing:
        step.state, step.undo_job_id = StepState.UNDOING.value, job.id
    else:
        step.state, step.job_id, step.started_at = StepState.RUNNING.value, job.id, database_now(session)
    tell(session, flow, step)
    return False


def _order(
    session: Session, tools: Tools, flow: Workflow, step: WorkflowStep, wanted: StepOrder, *, undoing: bool
) -> Job:
    member = session.get(Member, step.member_id) if step.member_id else None
    if step.member_id and (member is None or member.pool_id != flow.pool_id):
        raise Conflict("member_gone", "The member of this step was removed from the pool in the meantime.")
    command = tools.catalogue.get((step.undo_command or "") if undoing else step.command)
    by = (flow.undo_requested_by if undoing else None) or flow.requested_by
    turn = f"undo-{step.undo_tries}" if undoing else str(step.tries)
    return jobs.order(
        session,
        command=command,
        params=wanted.params,
        actor=Actor(by["kind"], UUID(by["id"]) if by.get("id") else None, by["name"]),
        pool=session.get_one(Pool, flow.pool_id),
        member=member,
        facts=tools.facts_of(member.id) if member else None,
        inputs=wanted.inputs,
        sealer=tools.sealer,
        idempotency_key=f"flow-{flow.id}-{step.position}-{turn}",
    ).job


def _look_at_job(session: Session, definition: Definition, flow: Workflow, step: WorkflowStep) -> bool:
    undoing = step.state == StepState.UNDOING
    job_id = step.undo_job_id if undoing else step.job_id
    job = jobs.get_job(session, job_id) if job_id else None
    if job is None:
        return _broken(session, definition, flow, step, "Its job is gone: nobody knows how it ended.", undoing=undoing)
    if job.state in {JobState.UNKNOWN, JobState.HELD}:
        hold_up(session, flow, f"{step.title}: the job is {job.state}. {job.error or ''} Decide about it at the job.")
        return False
    if job.state in OPEN_JOBS:
        go_on(session, flow)
        return False
    failpoint("workflow.settling")
    if job.state == JobState.COMPLETED:
        if not undoing:
            step.result = job.result or {}
        end_step(session, flow, step, StepState.UNDONE if undoing else StepState.COMPLETED)
        go_on(session, flow)
        return True
    if flow.state == State.CANCELLING or job.state == JobState.CANCELLED:
        end_step(session, flow, step, StepState.UNDO_FAILED if undoing else StepState.CANCELLED, job.error)
        end(session, definition, flow, State.FAILED if undoing else State.CANCELLED, f"{step.title}: cancelled.")
        return False
    return _broken(session, definition, flow, step, job.error or f"The job is {job.state}.", undoing=undoing)


def _broken(
    session: Session, definition: Definition, flow: Workflow, step: WorkflowStep, error: str, *, undoing: bool
) -> bool:
    end_step(session, flow, step, StepState.UNDO_FAILED if undoing else StepState.FAILED, error)
    what = "could not be undone" if undoing else "failed"
    end(session, definition, flow, State.FAILED, f"{step.title} {what}: {error}")
    return False
