"""Members on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ..kernel.http import PageArgs, WireSchema
from .rules import SOURCES_MAX
from .service.listing import SORTS
from .tables import LINUX_FAMILIES, TEMPLATES

EXAMPLE = {"example": ["203.0.113.10"]}


def _address_list(**how: Any) -> fields.List[Any]:
    each = fields.String(validate=validate.Length(1, 64))
    return fields.List(each, validate=validate.Length(max=SOURCES_MAX), metadata=EXAMPLE, **how)


class Location(WireSchema):
    """Where the host stands, for the map."""

    name = fields.String(validate=validate.Length(max=120), metadata={"example": "Frankfurt"})
    latitude = fields.Float(validate=validate.Range(-90, 90), metadata={"example": 50.11})
    longitude = fields.Float(validate=validate.Range(-180, 180), metadata={"example": 8.68})


class MemberIn(WireSchema):
    """What enrols a member."""

    hostname = fields.String(
        required=True,
        validate=validate.Length(1, 253),
        metadata={"example": "lb1.example.com", "description": "What the agent says, compared without regard to case"},
    )
    allowed_ips = _address_list(required=True)
    display_name = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 120))
    linux_family = fields.String(
        load_default="debian", validate=validate.OneOf(LINUX_FAMILIES), metadata={"example": "debian"}
    )
    template = fields.String(
        load_default="generic_linux", validate=validate.OneOf(TEMPLATES), metadata={"example": "haproxy_edge"}
    )
    public_ips = _address_list(load_default=list)
    priority = fields.Integer(load_default=100, strict=True, validate=validate.Range(0, 1000))
    never_promote = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    location = fields.Nested(Location, load_default=None, allow_none=True)


class MemberPatch(WireSchema):
    """What may change."""

    hostname = fields.String(validate=validate.Length(1, 253), metadata={"example": "lb1.example.com"})
    allowed_ips = _address_list()
    display_name = fields.String(validate=validate.Length(1, 120))
    linux_family = fields.String(validate=validate.OneOf(LINUX_FAMILIES), metadata={"example": "debian"})
    template = fields.String(validate=validate.OneOf(TEMPLATES), metadata={"example": "haproxy_edge"})
    public_ips = _address_list()
    priority = fields.Integer(strict=True, validate=validate.Range(0, 1000))
    never_promote = fields.Boolean(truthy={True}, falsy={False})
    maintenance = fields.Boolean(truthy={True}, falsy={False})
    location = fields.Nested(Location, allow_none=True)
    confirm = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": "Save a list that shuts out the address the member speaks from now"},
    )


class MemberConfirm(WireSchema):
    confirm = fields.String(
        load_default=None,
        validate=validate.Length(max=253),
        metadata={"description": "The host name, typed: asked for the active member"},
    )


class Heartbeat(WireSchema):
    """The latest heartbeat in short. `state` is fresh, late, down or unknown."""

    state = fields.String(required=True, validate=validate.OneOf(["fresh", "late", "down", "unknown"]))
    age_sec = fields.Float(required=True, allow_none=True)
    interval_sec = fields.Integer(required=True, allow_none=True)
    agent_version = fields.Integer(required=True, allow_none=True)
    ip = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)
    stacks = fields.List(fields.String(), required=True)
    haproxy_monitored = fields.Boolean(required=True)
    haproxy_active = fields.Boolean(required=True)
    clone_suspected = fields.Boolean(required=True)


class MemberOut(WireSchema):
    """A member."""

    id = fields.UUID(required=True)
    pool_id = fields.UUID(required=True)
    hostname = fields.String(required=True)
    display_name = fields.String(required=True)
    template = fields.String(required=True)
    linux_family = fields.String(required=True)
    allowed_ips = fields.List(fields.String(), required=True)
    public_ips = fields.List(fields.String(), required=True)
    priority = fields.Integer(required=True)
    never_promote = fields.Boolean(required=True)
    maintenance = fields.Boolean(required=True)
    location = fields.Nested(Location, required=True, allow_none=True)
    active = fields.Boolean(required=True)
    secret_pending = fields.Boolean(required=True, metadata={"description": "A rotated secret waits for its first use"})
    created_at = fields.DateTime(required=True)
    first_seen_at = fields.DateTime(required=True, allow_none=True)
    heartbeat = fields.Nested(Heartbeat, required=True, allow_none=True)


class MemberPageOut(WireSchema):
    items = fields.List(fields.Nested(MemberOut), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class MemberPageArgs(PageArgs):
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 5000))
    heartbeat = fields.Boolean(
        load_default=True,
        metadata={
            "description": "false: without heartbeats; the answer then has an ETag that changes with the members"
        },
    )
    q = fields.String(
        load_default=None,
        validate=validate.Length(max=120),
        metadata={"description": "In the host name, the display name or an allowed address"},
    )
    template = fields.String(load_default=None, validate=validate.OneOf(TEMPLATES))
    sort = fields.String(load_default="hostname", validate=validate.OneOf(SORTS))


class SearchArgs(WireSchema):
    q = fields.String(
        load_default="",
        validate=validate.Length(max=120),
        metadata={"description": "A part of a name or an address; nothing finds nothing", "example": "lb1"},
    )


class FoundPoolOut(WireSchema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    template = fields.String(required=True)


class FoundMemberOut(WireSchema):
    id = fields.UUID(required=True)
    hostname = fields.String(required=True)
    display_name = fields.String(required=True)
    pool_id = fields.UUID(required=True)
    pool_name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["fresh", "late", "down", "unknown"]))


class SearchOut(WireSchema):
    """What a name or an address may mean."""

    pools = fields.List(fields.Nested(FoundPoolOut), required=True)
    members = fields.List(fields.Nested(FoundMemberOut), required=True)


class Enrollment(WireSchema):
    """Shown this once. Only the secret's SHA-256 is kept."""

    secret = fields.String(required=True, metadata={"example": "0123456789abcdef" * 3})
    install_command = fields.String(required=True, metadata={"example": "sh -euc '…'"})


class EnrolledOut(WireSchema):
    member = fields.Nested(MemberOut, required=True)
    enrollment = fields.Nested(Enrollment, required=True)
