"""Jobs on the wire: for people strict, for agents forgiving about what they do not know."""

from __future__ import annotations

from marshmallow import EXCLUDE, fields, validate

from ..kernel.http import PageArgs, WireSchema, page_of
from .rules import Choice, Danger, State

STATES = [state.value for state in State]


class ParamOut(WireSchema):
    """One parameter of a command; forms are drawn from it."""

    type = fields.String(required=True, validate=validate.OneOf(["string", "integer", "boolean"]))
    title = fields.String()
    help = fields.String()
    required = fields.Boolean()
    default = fields.Raw(allow_none=True)
    choices = fields.List(fields.Raw())
    min = fields.Integer()
    max = fields.Integer()
    pattern = fields.String(metadata={"description": "The whole text must match"})
    secret = fields.Boolean()


class CommandOut(WireSchema):
    """One entry of the catalogue."""

    id = fields.String(required=True, metadata={"example": "haproxy.reload"})
    title = fields.String(required=True)
    description = fields.String(required=True)
    params = fields.Dict(keys=fields.String(), values=fields.Nested(ParamOut), required=True)
    applies = fields.Dict(keys=fields.String(), required=True, metadata={"example": {"stack": "haproxy"}})
    danger = fields.String(required=True, validate=validate.OneOf([danger.value for danger in Danger]))
    timeout_sec = fields.Integer(required=True)
    idempotent = fields.Boolean(required=True, metadata={"description": "Tried again by itself after a silence"})
    stops_haproxy = fields.Boolean(required=True)
    runs_on = fields.String(required=True, validate=validate.OneOf(["agent", "control_plane"]))


class CatalogueOut(WireSchema):
    items = fields.List(fields.Nested(CommandOut), required=True)


class JobOrder(WireSchema):
    """What to run."""

    command = fields.String(required=True, validate=validate.Length(1, 64), metadata={"example": "haproxy.reload"})
    params = fields.Dict(keys=fields.String(validate=validate.Length(1, 64)), load_default=dict)
    confirm = fields.String(
        load_default=None,
        validate=validate.Length(max=253),
        metadata={"description": "The member's hostname, typed: asked of browsers for dangerous commands"},
    )


class OrderHeaders(WireSchema):
    class Meta:
        unknown = EXCLUDE

    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        validate=validate.Regexp(
            r"^[\x21-\x7e]{1,120}\Z", error="Use 1 to 120 printable characters without blanks, for example a UUID."
        ),
    )


class RequesterOut(WireSchema):
    kind = fields.String(required=True)
    id = fields.UUID(allow_none=True)
    name = fields.String(required=True)


class JobOut(WireSchema):
    """A job, without its log."""

    id = fields.UUID(required=True)
    pool_id = fields.UUID(required=True)
    member_id = fields.UUID(required=True, allow_none=True)
    command = fields.String(required=True)
    params = fields.Dict(required=True)
    status = fields.String(required=True, attribute="state", validate=validate.OneOf(STATES))
    danger = fields.String(required=True)
    runs_on = fields.String(required=True)
    stops_haproxy = fields.Boolean(required=True)
    idempotent = fields.Boolean(required=True)
    timeout_sec = fields.Integer(required=True)
    attempt = fields.Integer(required=True, metadata={"description": "0 until an agent took it"})
    cancel_requested = fields.Boolean(required=True)
    percent = fields.Float(required=True, allow_none=True)
    step = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    exit_code = fields.Integer(required=True, allow_none=True)
    result = fields.Dict(required=True, allow_none=True)
    log_size_bytes = fields.Integer(required=True)
    requested_by = fields.Nested(RequesterOut, required=True)
    created_at = fields.AwareDateTime(required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    not_before = fields.AwareDateTime(required=True, allow_none=True)


JobPage = page_of(JobOut)


class AttemptOut(WireSchema):
    attempt = fields.Integer(required=True)
    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)


class EvidenceOut(WireSchema):
    """A completion that changed nothing."""

    attempt = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["evidence", "conflict"]))
    report = fields.Dict(required=True)
    at = fields.AwareDateTime(required=True)


class JobDetailOut(JobOut):
    """A job with its log and the story of its attempts."""

    log = fields.String(required=True)
    attempts = fields.List(fields.Nested(AttemptOut), required=True)
    evidence = fields.List(fields.Nested(EvidenceOut), required=True)


class JobsArgs(PageArgs):
    status = fields.String(load_default=None, validate=validate.OneOf(STATES))
    command = fields.String(load_default=None, validate=validate.Length(max=64))
    pool_id = fields.UUID(load_default=None)
    member_id = fields.UUID(load_default=None)


class MemberJobsArgs(PageArgs):
    status = fields.String(load_default=None, validate=validate.OneOf(STATES))
    command = fields.String(load_default=None, validate=validate.Length(max=64))


class LogArgs(WireSchema):
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1 << 30))


class LogOut(WireSchema):
    """The log from an offset on, in characters."""

    text = fields.String(required=True)
    offset = fields.Integer(
        required=True, metadata={"description": "Where `text` begins: 0 when the log was rewritten"}
    )
    next_offset = fields.Integer(required=True)
    size_bytes = fields.Integer(
        required=True, metadata={"description": "True size of the output, also of what is left out"}
    )
    ended = fields.Boolean(required=True)


class ResolveOrder(WireSchema):
    choice = fields.String(required=True, validate=validate.OneOf([choice.value for choice in Choice]))


class StopOrder(WireSchema):
    stopped = fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = fields.String(load_default="", validate=validate.Length(max=200))


class StopOut(WireSchema):
    stopped = fields.Boolean(required=True)
    reason = fields.String(required=True)
    stopped_by = fields.String(required=True)
    since = fields.AwareDateTime(required=True, allow_none=True)


class AgentSchema(WireSchema):
    """Unknown fields are ignored: newer agents meet older control planes."""

    class Meta:
        unknown = EXCLUDE

    job_id = fields.UUID(required=True)
    hostname = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 253),
        metadata={"description": "The host's own name, checked against the member's; older agents leave it out"},
    )


class ClaimIn(AgentSchema):
    pass


class SealedJobOut(WireSchema):
    """The job as its agent gets it."""

    id = fields.UUID(required=True)
    member_id = fields.UUID(required=True)
    attempt = fields.Integer(required=True)
    generation = fields.Integer(required=True)
    command = fields.String(required=True)
    params = fields.Dict(required=True)
    expires_at = fields.String(required=True)
    timeout_sec = fields.Integer(required=True)
    mac = fields.String(required=True)


class ClaimOut(WireSchema):
    job = fields.Nested(SealedJobOut, required=True)
    lease_sec = fields.Integer(required=True)


class ProgressIn(AgentSchema):
    attempt = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 1 << 30))
    percent = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 100))
    step = fields.String(load_default=None, allow_none=True)
    log_tail = fields.String(load_default=None, allow_none=True)


class ProgressOut(WireSchema):
    cancel = fields.Boolean(required=True)
    lease_sec = fields.Integer(required=True)


class CompleteIn(AgentSchema):
    status = fields.String(required=True, validate=validate.OneOf(["completed", "failed"]))
    attempt = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 1 << 30))
    exit_code = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(-(1 << 31), (1 << 31) - 1)
    )
    result = fields.Dict(keys=fields.String(), load_default=None, allow_none=True)
    error = fields.String(load_default=None, allow_none=True)
    log = fields.String(load_default=None, allow_none=True)
    log_size_bytes = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 1 << 53))


class CompleteOut(WireSchema):
    status = fields.String(required=True, validate=validate.OneOf(STATES))
    recorded = fields.Boolean(required=True, metadata={"description": "False: kept as evidence, the outcome stands"})
