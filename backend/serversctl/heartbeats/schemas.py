"""Heartbeats on the wire, for people."""

from __future__ import annotations

from marshmallow import fields, validate
from webargs.fields import DelimitedList

from ..kernel.http import WireSchema
from ..members.schemas import MemberOut
from ..pools.schemas import HealthSplit, PoolOut
from .strips import STRIP_MAX_SEC

# One browser looks at few pools at a time: its tabs share one stream.
BEATS_POOLS_MAX = 8


class FixOut(WireSchema):
    """A change of the member that would let it in."""

    field = fields.String(required=True, validate=validate.OneOf(["allowedIps", "hostname"]))
    value = fields.Raw(required=True, metadata={"example": "lb1.example.com"})


class EnrollmentOut(WireSchema):
    """Whether a member comes in; while refused, why, and what would mend it."""

    status = fields.String(required=True, validate=validate.OneOf(["waiting", "refused", "connected"]))
    age_sec = fields.Float(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True, metadata={"example": "hostname_mismatch"})
    detail = fields.String(required=True, allow_none=True)
    refused_age_sec = fields.Float(required=True, allow_none=True)
    seen_address = fields.String(required=True, allow_none=True)
    said_hostname = fields.String(required=True, allow_none=True)
    typed_hostname = fields.String(required=True, allow_none=True)
    fix = fields.Nested(FixOut, required=True, allow_none=True)


class FixIn(WireSchema):
    """The offered fix, sent back: what is applied is what was shown."""

    field = fields.String(required=True, validate=validate.OneOf(["allowedIps", "hostname"]))
    value = fields.Raw(required=True, metadata={"example": "lb1.example.com"})


class HistoryArgs(WireSchema):
    resolution = fields.String(load_default="10s", validate=validate.OneOf(["1s", "10s", "5m"]))


class HistoryOut(WireSchema):
    """Columns once, rows as arrays: `at` is seconds since 1970, null is not known."""

    resolution = fields.String(required=True)
    step_sec = fields.Integer(required=True)
    columns = fields.List(fields.String(), required=True)
    rows = fields.List(fields.List(fields.Raw()), required=True)


class FactsOut(WireSchema):
    """The last report of a member, as its agent sent it, with the facts that it sends only when they change."""

    age_sec = fields.Float(required=True, allow_none=True)
    facts = fields.Dict(keys=fields.String(), required=True, allow_none=True)


class OverviewArgs(WireSchema):
    strip = fields.Integer(
        load_default=0,
        validate=validate.Range(0, STRIP_MAX_SEC),
        metadata={"description": "Seconds of heartbeats for each member's `strip`; 0: none"},
    )


class Metrics(WireSchema):
    """The latest measurements; null is not known. `diskPct` is the fullest disk."""

    cpu_pct = fields.Float(required=True, allow_none=True)
    memory_pct = fields.Float(required=True, allow_none=True)
    disk_pct = fields.Float(required=True, allow_none=True)
    load = fields.Float(required=True, allow_none=True)  # type: ignore[assignment]
    sessions = fields.Integer(required=True, allow_none=True)


class OverviewMemberOut(MemberOut):
    """A member with what a card or a table row shows of it."""

    strip = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "One character a second, oldest first: o heard, l gap, d HAProxy inactive, . nothing known",
            "example": "oooollooodddoooo",
        },
    )
    metrics = fields.Nested(Metrics, required=True, allow_none=True)
    haproxy_version = fields.String(required=True, allow_none=True, metadata={"example": "2.6.12"})
    os_name = fields.String(required=True, allow_none=True, metadata={"example": "Debian GNU/Linux 12"})
    uptime_sec = fields.Float(required=True, allow_none=True)
    agent_outdated = fields.Boolean(required=True)


class OverviewOut(WireSchema):
    """A pool with its members, for a screen that is looked at each second."""

    pool = fields.Nested(PoolOut, required=True)
    health = fields.Nested(HealthSplit, required=True)
    liveness = fields.String(
        required=True,
        validate=validate.OneOf(["known", "unknown"]),
        metadata={"description": "unknown: the heartbeat store does not answer, so no member's state is known"},
    )
    recovery_sec = fields.Integer(required=True)
    agent_latest_version = fields.Integer(required=True, metadata={"description": "0: this server has no built agent"})
    members = fields.List(fields.Nested(OverviewMemberOut), required=True)


class EventArgs(WireSchema):
    pool = fields.UUID(load_default=None, metadata={"description": "Only this pool's events"})
    member = fields.UUID(load_default=None, metadata={"description": "Only this member's events"})
    beats = DelimitedList(
        fields.UUID(),
        load_default=(),
        validate=validate.Length(max=BEATS_POOLS_MAX),
        metadata={
            "description": "Pools whose heartbeats go along, separated by commas; events stay those of all pools"
        },
    )
