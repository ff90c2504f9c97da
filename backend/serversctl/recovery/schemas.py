"""Recovery on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import WireSchema, page_of


class DrillIn(WireSchema):
    """A standby and the snapshot to drill with."""

    target_member_id = fields.UUID(required=True)
    snapshot_id = fields.UUID(required=True)


class RecoveryIn(DrillIn):
    scopes = fields.List(
        fields.String(validate=validate.Length(1, 32)),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"description": "Empty: all that the snapshot has", "example": ["main_config", "certificates"]},
    )
    confirm = fields.String(
        load_default=None,
        validate=validate.Length(max=253),
        metadata={"description": "The target's hostname, typed: asked of browsers"},
    )


class RebuildIn(RecoveryIn):
    make_active = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class PreviewIn(RecoveryIn):
    way = fields.String(
        load_default="restore", validate=validate.OneOf(["restore", "provision-standby", "rebuild", "drill"])
    )


class RecoveryPreconditionOut(WireSchema):
    ok = fields.Boolean(required=True)
    text = fields.String(required=True)
    fix = fields.String(required=True)


class RecoveryPreviewOut(WireSchema):
    ok = fields.Boolean(required=True)
    preconditions = fields.List(fields.Nested(RecoveryPreconditionOut), required=True)
    scopes = fields.List(fields.Dict(), required=True)
    target_active = fields.Boolean(required=True)
    warnings = fields.List(fields.String(), required=True)


class SourceOut(WireSchema):
    """A snapshot to recover from. Its member may be gone."""

    id = fields.UUID(required=True)
    member_id = fields.UUID(required=True)
    member_name = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    files = fields.Integer(required=True)
    bytes = fields.Integer(required=True, attribute="size_bytes")
    verification = fields.String(required=True)
    verified_at = fields.AwareDateTime(required=True, allow_none=True)
    scopes = fields.List(fields.Dict(), required=True)


class TargetOut(WireSchema):
    id = fields.UUID(required=True)
    hostname = fields.String(required=True)
    display_name = fields.String(required=True)
    active = fields.Boolean(required=True)
    ever_heard = fields.Boolean(required=True)


class DrillStepOut(WireSchema):
    key = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    duration_sec = fields.Float(required=True, allow_none=True)
    result = fields.Dict(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    job_id = fields.UUID(required=True, allow_none=True)


class DrillOut(WireSchema):
    """The report of one drill: how long each step took."""

    workflow_id = fields.UUID(required=True)
    member_id = fields.UUID(required=True, allow_none=True)
    snapshot_id = fields.UUID(required=True)
    state = fields.String(required=True)
    passed = fields.Boolean(required=True, allow_none=True, metadata={"description": "None: it still runs"})
    error = fields.String(required=True, allow_none=True)
    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    duration_sec = fields.Float(required=True, allow_none=True)
    steps = fields.List(fields.Nested(DrillStepOut), required=True)


DrillPage = page_of(DrillOut)


class DisasterRecoveryOut(WireSchema):
    available = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    locked = fields.Boolean(required=True, metadata={"description": "The plan does not hold it"})
    targets = fields.List(fields.Nested(TargetOut), required=True)
    sources = fields.List(fields.Nested(SourceOut), required=True)
    last_drill = fields.Nested(DrillOut, required=True, allow_none=True)
