"""Pools on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import WireSchema, page_of
from .tables import TEMPLATES


class PoolIn(WireSchema):
    """What makes a pool."""

    name = fields.String(required=True, validate=validate.Length(1, 80), metadata={"example": "production-edge"})
    template = fields.String(required=True, validate=validate.OneOf(TEMPLATES), metadata={"example": "haproxy"})


class PoolPatch(WireSchema):
    """What may change. Another template converts the pool in place."""

    name = fields.String(validate=validate.Length(1, 80), metadata={"example": "production-edge"})
    template = fields.String(validate=validate.OneOf(TEMPLATES), metadata={"example": "haproxy"})


class PoolConfirm(WireSchema):
    confirm = fields.String(
        load_default=None,
        validate=validate.Length(max=200),
        metadata={"description": "The pool's name, typed"},
    )


class HealthSplit(WireSchema):
    """How many members stand how. All are unknown while the heartbeat store is away."""

    members = fields.Integer(required=True)
    fresh = fields.Integer(required=True)
    late = fields.Integer(required=True)
    down = fields.Integer(required=True)
    unknown = fields.Integer(required=True)  # type: ignore[assignment]


class PoolOut(WireSchema):
    """A pool."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    template = fields.String(required=True)
    active_member_id = fields.UUID(required=True, allow_none=True)
    active_since = fields.DateTime(required=True, allow_none=True)
    epoch = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    health = fields.Nested(HealthSplit, metadata={"description": "In lists and single reads"})


PoolPageOut = page_of(PoolOut)
