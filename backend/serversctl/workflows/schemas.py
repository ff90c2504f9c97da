"""Workflows on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..jobs.schemas import RequesterOut
from ..kernel.http import PageArgs, WireSchema, page_of
from .rules import State, StepState

STATES = [state.value for state in State]


class PreconditionOut(WireSchema):
    """`fix` says what to do while it does not hold."""

    ok = fields.Boolean(required=True)
    text = fields.String(required=True, metadata={"example": "HAProxy runs on this member."})
    fix = fields.String(required=True)


class WorkflowStepOut(WireSchema):
    """One step. `jobId` is the job of its last try."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    command = fields.String(required=True, metadata={"example": "haproxy.reload"})
    member_id = fields.UUID(required=True, allow_none=True)
    note = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in StepState]))
    job_id = fields.UUID(required=True, allow_none=True)
    undo_job_id = fields.UUID(required=True, allow_none=True)
    undo_command = fields.String(required=True, allow_none=True)
    no_undo_reason = fields.String(required=True)
    result = fields.Dict(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class WorkflowOut(WireSchema):
    """Ordered jobs. `error` says what a waiting one waits for."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"example": "recipe.admin_socket"})
    title = fields.String(required=True)
    pool_id = fields.UUID(required=True)
    member_id = fields.UUID(required=True, allow_none=True)
    params = fields.Dict(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    error = fields.String(required=True, allow_none=True)
    requested_by = fields.Nested(RequesterOut, required=True)
    created_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    steps = fields.List(fields.Nested(WorkflowStepOut), required=True)
    can_cancel = fields.Boolean(required=True)
    can_retry = fields.Boolean(required=True)
    can_undo = fields.Boolean(required=True)


WorkflowPage = page_of(WorkflowOut)


class WorkflowArgs(PageArgs):
    pool_id = fields.UUID(load_default=None)
    member_id = fields.UUID(load_default=None)
    kind = fields.String(load_default=None, validate=validate.Length(max=64))
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
