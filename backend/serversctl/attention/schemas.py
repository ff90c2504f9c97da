"""What deserves attention, on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import WireSchema
from .rules import Kind, Severity


class AttentionItemOut(WireSchema):
    """One line: what is wrong, since when, and what to do."""

    severity = fields.String(required=True, validate=validate.OneOf([one.value for one in Severity]))
    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in Kind]))
    text = fields.String(required=True)
    fix = fields.String(required=True)
    link = fields.String(required=True, metadata={"description": "A path below /app", "example": "/pools"})
    pool_id = fields.UUID(required=True, allow_none=True)
    pool_name = fields.String(required=True, allow_none=True)
    member_id = fields.UUID(required=True, allow_none=True)
    member_name = fields.String(required=True, allow_none=True)
    since = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "null: nobody noted when it began"}
    )


class AttentionOut(WireSchema):
    """Worst first. `more`: there is more than fits."""

    items = fields.List(fields.Nested(AttentionItemOut), required=True)
    more = fields.Boolean(required=True)
