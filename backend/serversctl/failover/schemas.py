"""Failover on the wire."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate, validates_schema

from ..kernel.http import PageArgs, WireSchema, page_of
from .rules.decide import Kind, Reason
from .rules.timing import RECOVERY_MAX_SEC, RECOVERY_MIN_SEC
from .rules.verdict import Health
from .rules.view import ProbeKind

_PATH = validate.Regexp(r"^/[\x21-\x7e]{0,199}\Z", error="Use a path that begins with /, without blanks.")
_HOST = validate.Regexp(
    r"^(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\Z", error="Use a host name."
)
_TEXT = validate.Regexp(r"^[^\x00-\x1f\x7f]*\Z", error="Use one line of text without control characters.")


class Flag(fields.Boolean):
    """true or false, and not 1 or "yes"."""

    def _deserialize(self, value: object, attr: str | None, data: object, **more: object) -> bool:  # noqa: ARG002
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class ProbeIn(WireSchema):
    """How the pool's service is tried, from the control plane and from the other members."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ProbeKind]))
    port = fields.Integer(strict=True, validate=validate.Range(1, 65535), metadata={"example": 443})
    path = fields.String(validate=_PATH, metadata={"example": "/healthz"})
    host_header = fields.String(allow_none=True, validate=_HOST)


class SettingsIn(WireSchema):
    """Fields that are left out keep their value."""

    auto = Flag()
    recovery_sec = fields.Integer(
        strict=True,
        validate=validate.Range(RECOVERY_MIN_SEC, RECOVERY_MAX_SEC),
        metadata={"description": "Silence of the active member after which a standby takes over", "example": 30},
    )
    probe = fields.Nested(ProbeIn)
    failback = fields.String(validate=validate.OneOf(["manual", "auto"]))
    preferred_member_id = fields.UUID(allow_none=True)
    stable_sec = fields.Integer(strict=True, validate=validate.Range(300, 86400))
    banner_sec = fields.Integer(
        strict=True,
        validate=validate.Range(0, 7 * 86400),
        metadata={"description": "How long the pool's header tells of the last move"},
    )
    revision = fields.Integer(
        strict=True,
        validate=validate.Range(0, 1 << 31),
        metadata={
            "description": "The `revision` that was read: 409 `settings_changed` when it is no longer the present one"
        },
    )

    @validates_schema
    def _failback_needs_a_member(self, data: dict[str, object], **_more: object) -> None:
        if data.get("failback") == "auto" and data.get("preferred_member_id", "absent") is None:
            raise ValidationError("Automatic failback needs a preferred member.", "preferredMemberId")


class GateOut(WireSchema):
    """One condition for taking over, ticked or not."""

    name = fields.String(required=True)
    passed = fields.Boolean(required=True)
    blocking = fields.Boolean(required=True)
    reason = fields.String(required=True)


class VoteOut(WireSchema):
    """One try of the member's service."""

    by = fields.String(required=True)
    ok = fields.Boolean(required=True)
    age_sec = fields.Float(required=True)
    millis = fields.Float(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


class CandidateOut(WireSchema):
    """A member as the decision sees it."""

    member_id = fields.UUID(required=True)
    name = fields.String(required=True)
    active = fields.Boolean(required=True)
    health = fields.String(required=True, validate=validate.OneOf([health.value for health in Health]))
    ready = fields.Boolean(required=True)
    heartbeat_age_sec = fields.Float(required=True, allow_none=True)
    silence_sec = fields.Float(required=True, metadata={"description": "Only seconds in which intake provably worked"})
    addresses = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    gates = fields.List(fields.Nested(GateOut), required=True)
    votes = fields.List(fields.Nested(VoteOut), required=True)


class DecisionOut(WireSchema):
    """What would be done now, and why."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in Kind]))
    reason = fields.String(required=True, validate=validate.OneOf([reason.value for reason in Reason]))
    sentences = fields.List(fields.String(), required=True)
    to_member_id = fields.UUID(required=True, allow_none=True)
    members = fields.List(fields.Nested(CandidateOut), required=True)
    weather = fields.Dict(required=True, metadata={"description": "What holds for the whole installation"})


class HoldOut(WireSchema):
    """Automation holds, for a reason, since a moment."""

    reason = fields.String(required=True)
    sentence = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
    escalated_at = fields.AwareDateTime(required=True, allow_none=True)


class ProbeOut(WireSchema):
    kind = fields.String(required=True)
    port = fields.Integer(required=True)
    path = fields.String(required=True)
    host_header = fields.String(required=True, allow_none=True)


class MaintenanceOut(WireSchema):
    paused = fields.Boolean(required=True)
    until = fields.AwareDateTime(required=True, allow_none=True)
    reason = fields.String(required=True)


class FailoverOut(WireSchema):
    """A pool's settings, its state, and the decision that stands at this moment."""

    auto = fields.Boolean(required=True)
    recovery_sec = fields.Integer(required=True)
    backoff_cap_sec = fields.Float(required=True, metadata={"description": "What agents are told to wait at most"})
    probe = fields.Nested(ProbeOut, required=True)
    failback = fields.String(required=True)
    preferred_member_id = fields.UUID(required=True, allow_none=True)
    stable_sec = fields.Integer(required=True)
    banner_sec = fields.Integer(required=True)
    revision = fields.Integer(required=True, metadata={"description": "Grows with every change of the settings"})
    maintenance = fields.Nested(MaintenanceOut, required=True)
    acknowledged_at = fields.AwareDateTime(required=True, allow_none=True)
    active_member_id = fields.UUID(required=True, allow_none=True)
    active_since = fields.AwareDateTime(required=True, allow_none=True)
    epoch = fields.Integer(required=True)
    last_failover_at = fields.AwareDateTime(required=True, allow_none=True)
    banner = fields.Boolean(required=True, metadata={"description": "The last move is recent enough to be shown"})
    switching = fields.Boolean(required=True, metadata={"description": "The record does not follow yet"})
    holds = fields.List(fields.Nested(HoldOut), required=True)
    decision = fields.Nested(DecisionOut, required=True)


class CutoverOrder(WireSchema):
    """Where to send traffic; without a member, the next ready standby."""

    member_id = fields.UUID(load_default=None, allow_none=True)
    force = Flag(load_default=False, metadata={"description": "Also to a member that is not ready"})


class SimulateIn(WireSchema):
    """Members to be taken as dead."""

    dead = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=100))


class MaintenanceIn(WireSchema):
    """Pause automation, or end the pause."""

    paused = Flag(required=True)
    until = fields.AwareDateTime(load_default=None, allow_none=True)
    reason = fields.String(load_default="", validate=[validate.Length(max=200), _TEXT])


class EventOut(WireSchema):
    """One move of the pool."""

    id = fields.UUID(required=True)
    pool_id = fields.UUID(required=True)
    epoch = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["automatic", "manual", "failback"]))
    state = fields.String(
        required=True, validate=validate.OneOf(["deciding", "switching", "done", "failed", "superseded"])
    )
    reason = fields.String(required=True)
    sentences = fields.List(fields.String(), required=True)
    from_member_id = fields.UUID(required=True, allow_none=True)
    from_name = fields.String(required=True, allow_none=True)
    from_addresses = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    to_member_id = fields.UUID(required=True)
    to_name = fields.String(required=True)
    to_addresses = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    ordered_by = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class AccountEventOut(EventOut):
    """A move with the name of its pool."""

    pool_name = fields.String(required=True)


class EntryOut(WireSchema):
    at = fields.AwareDateTime(required=True)
    kind = fields.String(required=True)
    text = fields.String(required=True)
    details = fields.Dict(required=True)


class EventDetailOut(EventOut):
    """A move with its evidence and its timeline."""

    evidence = fields.Dict(required=True)
    timeline = fields.List(fields.Nested(EntryOut), required=True)


class IncidentOut(EventDetailOut):
    """Everything around a move in one timeline: decision, DNS writes, jobs, alerts, and what people did."""


class SetupStepOut(WireSchema):
    """One line of the checklist. `detail` says what is there, or what to do."""

    id = fields.String(
        required=True, validate=validate.OneOf(["dns", "member", "hostname", "active", "standby", "auto"])
    )
    done = fields.Boolean(required=True)
    detail = fields.String(required=True)


class SetupOut(WireSchema):
    """What a pool still needs before it fails over by itself."""

    steps = fields.List(fields.Nested(SetupStepOut), required=True)
    complete = fields.Boolean(required=True)


EventPage = page_of(EventOut)
AccountEventPage = page_of(AccountEventOut)
EventsArgs = PageArgs
