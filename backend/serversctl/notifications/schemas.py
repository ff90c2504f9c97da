"""Notification channels on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import PageArgs, WireSchema, page_of
from .rules import Topic

TOPICS = [topic.value for topic in Topic]


class ChannelFieldOut(WireSchema):
    """One field of a channel's `config`; forms are drawn from it."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    help = fields.String(required=True)
    secret = fields.Boolean(required=True)
    required = fields.Boolean(required=True)
    type = fields.String(required=True, validate=validate.OneOf(["text", "list"]))


class ChannelKindOut(WireSchema):
    kind = fields.String(required=True, metadata={"example": "email"})
    title = fields.String(required=True)
    fields_ = fields.List(fields.Nested(ChannelFieldOut), required=True, data_key="fields", attribute="fields")


class ChannelKindsOut(WireSchema):
    items = fields.List(fields.Nested(ChannelKindOut), required=True)
    topics = fields.List(fields.String(), required=True)


class ChannelChange(WireSchema):
    """What can be said about a channel. A secret that is left out stays as it is."""

    name = fields.String(required=True, validate=validate.Length(1, 80))
    pool_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "Only this pool; null: all"})
    topics = fields.List(
        fields.String(validate=validate.OneOf(TOPICS)),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Only these; empty: all"},
    )
    enabled = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    config = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        load_default=dict,
        metadata={"example": {"recipients": ["team@example.com"]}},
    )


class ChannelCreate(ChannelChange):
    kind = fields.String(required=True, validate=validate.Length(1, 24), metadata={"example": "email"})


class DeliveryOut(WireSchema):
    """One message on one way out."""

    id = fields.UUID(required=True)
    channel_id = fields.UUID(required=True, allow_none=True)
    channel_kind = fields.String(required=True)
    recipient = fields.String(required=True, allow_none=True)
    pool_id = fields.UUID(required=True, allow_none=True)
    member_id = fields.UUID(required=True, allow_none=True)
    kind = fields.String(required=True, metadata={"example": "failover.promoted"})
    subject = fields.Function(lambda row: row.message.get("subject", ""), required=True)
    status = fields.String(
        required=True, attribute="state", validate=validate.OneOf(["waiting", "sent", "failed", "dropped"])
    )
    attempts = fields.Integer(required=True)
    next_try_at = fields.AwareDateTime(required=True, allow_none=True)
    last_error = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    sent_at = fields.AwareDateTime(required=True, allow_none=True)


DeliveryPage = page_of(DeliveryOut)


class DeliveriesArgs(PageArgs):
    channel_id = fields.UUID(load_default=None)
    pool_id = fields.UUID(load_default=None)
    status = fields.String(load_default=None, validate=validate.OneOf(["waiting", "sent", "failed", "dropped"]))


class ChannelOut(WireSchema):
    """A channel; secrets are named and never shown."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    pool_id = fields.UUID(required=True, allow_none=True)
    topics = fields.List(fields.String(), required=True)
    enabled = fields.Boolean(required=True)
    config = fields.Dict(required=True)
    secrets_set = fields.Function(lambda row: sorted(row.sealed), required=True)
    created_at = fields.AwareDateTime(required=True)
    last_delivery = fields.Nested(DeliveryOut, required=True, allow_none=True)


class ChannelsOut(WireSchema):
    items = fields.List(fields.Nested(ChannelOut), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class TestOut(WireSchema):
    """How the test went."""

    sent = fields.Boolean(required=True)
    detail = fields.String(required=True)
