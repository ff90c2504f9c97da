"""Recipes on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..jobs.schemas import ParamOut
from ..kernel.http import WireSchema
from ..workflows.schemas import PreconditionOut
from .ports import CATEGORIES

STATES = ("never", "running", "completed", "failed", "undone")


class RecipeStepOut(WireSchema):
    """`undo` is the command that takes it back; without one `noUndoReason` says why."""

    key = fields.String(required=True)
    title = fields.String(required=True)
    command = fields.String(required=True, metadata={"example": "haproxy.admin_socket_enable"})
    changes = fields.String(required=True)
    undo = fields.String(required=True, allow_none=True)
    no_undo_reason = fields.String(required=True)


class RecipeOut(WireSchema):
    """A recipe as it stands to one member. `state` is that of its last run, `reason` why it cannot be run now."""

    id = fields.String(required=True, metadata={"example": "admin_socket"})
    title = fields.String(required=True)
    description = fields.String(required=True)
    category = fields.String(required=True, validate=validate.OneOf(CATEGORIES))
    warning = fields.String(required=True)
    advanced = fields.Boolean(required=True)
    dangerous = fields.Boolean(required=True, metadata={"description": "Asks for a fresh sign-in"})
    available = fields.Boolean(required=True)
    locked = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    workflow_id = fields.UUID(required=True, allow_none=True)
    last_run_at = fields.AwareDateTime(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    can_undo = fields.Boolean(required=True)
    steps = fields.List(fields.Nested(RecipeStepOut), required=True)
    params = fields.Dict(keys=fields.String(), values=fields.Nested(ParamOut), required=True)
    preconditions = fields.List(fields.Nested(PreconditionOut), required=True)


class RecipesOut(WireSchema):
    items = fields.List(fields.Nested(RecipeOut), required=True)


class RecipeWish(WireSchema):
    params = fields.Dict(keys=fields.String(validate=validate.Length(1, 64)), load_default=dict)


class PreviewStepOut(RecipeStepOut):
    params = fields.Dict(required=True, metadata={"description": "What the command will get"})
    danger = fields.String(required=True)


class PreviewOut(WireSchema):
    """What running it would do. Nothing was changed."""

    title = fields.String(required=True)
    available = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    warning = fields.String(required=True)
    dangerous = fields.Boolean(required=True)
    preconditions = fields.List(fields.Nested(PreconditionOut), required=True)
    steps = fields.List(fields.Nested(PreviewStepOut), required=True)
