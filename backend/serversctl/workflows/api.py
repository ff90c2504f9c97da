"""Workflows for people and integrations: look, cancel, retry, undo. The rooms above start them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity.access import Demand, Role, actor, allow, principal
from ..identity.rules import refusal
from ..jobs import flags
from ..jobs.rules import Danger
from ..kernel.http import Blueprint, session, wired
from . import schemas, service
from .jobs import tools_of
from .rules import State, may_retry, may_undo
from .tables import Workflow

blp = Blueprint("workflows", __name__, url_prefix="/api/workflows", description="Ordered jobs, and how far they are")


def shown(flows: list[Workflow]) -> list[dict[str, Any]]:
    """Workflows with their steps, as `WorkflowOut` wants them."""
    steps = service.by_ids(session(), [flow.id for flow in flows])
    return [
        {
            **{name: getattr(flow, name) for name in _FIELDS},
            "steps": steps[flow.id],
            "can_cancel": flow.state in {State.RUNNING, State.WAITING},
            "can_retry": may_retry(flow.state, [step.state for step in steps[flow.id]]),
            "can_undo": may_undo(flow.state, [(step.state, step.undo_command is not None) for step in steps[flow.id]]),
        }
        for flow in flows
    ]


def refuse_danger(flow: Workflow) -> None:
    """Going on with a workflow that holds a dangerous command asks for what ordering that command asks for."""
    catalogue = tools_of(wired()).catalogue
    for step in service.steps_of(session(), flow.id):
        for command_id in (step.command, step.undo_command):
            if command_id and catalogue.get(command_id).danger is Danger.DANGEROUS:
                demand = Demand(Role.ADMIN, "workflows:write", dangerous=True)
                refused = refusal(principal(), demand, wired().clock.now())
                if refused is not None:
                    raise refused


def _flow(flow_id: UUID, *, lock: bool = False) -> Workflow:
    return service.flow_of_account(session(), principal().account_id, flow_id, lock=lock)


@blp.route("")
class Workflows(MethodView):
    @allow(Role.VIEWER, "workflows:read")
    @blp.arguments(schemas.WorkflowArgs, location="query")
    @blp.response(200, schemas.WorkflowPage)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List workflows, newest first"""
        found = service.page(session(), principal().account_id, **args)
        return {"items": shown(list(found.items)), "next_cursor": found.next_cursor}


@blp.route("/<uuid:workflow_id>")
class OneWorkflow(MethodView):
    @allow(Role.VIEWER, "workflows:read")
    @blp.response(200, schemas.WorkflowOut)
    def get(self, workflow_id: UUID) -> dict[str, Any]:
        """Read a workflow with its steps"""
        return shown([_flow(workflow_id)])[0]


@blp.route("/<uuid:workflow_id>/cancel")
class CancelWorkflow(MethodView):
    @allow(Role.OPERATOR, "workflows:write")
    @blp.response(202, schemas.WorkflowOut)
    def post(self, workflow_id: UUID) -> dict[str, Any]:
        """Cancel a workflow: no further step begins, and the running job is stopped"""
        flow = _flow(workflow_id, lock=True)
        running = service.cancel(session(), flow, actor())
        if running is not None and running.member_id is not None:
            flags.raise_after_commit(session(), wired().redis, flags.CANCEL, running.member_id)
        return shown([flow])[0]


@blp.route("/<uuid:workflow_id>/retry")
class RetryWorkflow(MethodView):
    @allow(Role.OPERATOR, "workflows:write")
    @blp.response(202, schemas.WorkflowOut)
    def post(self, workflow_id: UUID) -> dict[str, Any]:
        """Try the failed step again and go on"""
        flow = _flow(workflow_id, lock=True)
        refuse_danger(flow)
        return shown([service.retry(session(), flow, actor())])[0]


@blp.route("/<uuid:workflow_id>/undo")
class UndoWorkflow(MethodView):
    @allow(Role.OPERATOR, "workflows:write")
    @blp.response(202, schemas.WorkflowOut)
    def post(self, workflow_id: UUID) -> dict[str, Any]:
        """Take back what the completed steps did, the last one first"""
        flow = _flow(workflow_id, lock=True)
        refuse_danger(flow)
        return shown([service.undo(session(), flow, actor())])[0]


_FIELDS = (
    "id", "kind", "title", "pool_id", "member_id", "params", "state", "error", "requested_by", "created_at", "ended_at",
)  # fmt: skip
