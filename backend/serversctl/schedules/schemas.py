"""Schedules on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import WireSchema, page_of
from .rules import JITTER_MAX_SEC, Missed, RunState

POLICIES = [policy.value for policy in Missed]


class ScheduleIn(WireSchema):
    """A command by the clock."""

    name = fields.String(required=True, validate=[validate.Length(1, 80), validate.Regexp(r"\s*\S")])
    command = fields.String(required=True, validate=validate.Length(1, 64), metadata={"example": "haproxy.reload"})
    params = fields.Dict(keys=fields.String(validate=validate.Length(1, 64)), load_default=dict)
    cron = fields.String(
        required=True,
        validate=validate.Length(1, 120),
        metadata={"description": "Five fields, in UTC", "example": "30 2 * * *"},
    )
    enabled = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    jitter_sec = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, JITTER_MAX_SEC))
    missed_policy = fields.String(load_default="skip", validate=validate.OneOf(POLICIES))
    pause_in_maintenance = fields.Boolean(load_default=True, truthy={True}, falsy={False})


class LastRunOut(WireSchema):
    """`state`: the job's, or skipped, missed, failed when there is none."""

    at = fields.AwareDateTime(required=True)
    state = fields.String(required=True)
    job_id = fields.UUID(required=True, allow_none=True)
    reason = fields.String(required=True)


class ScheduleOut(WireSchema):
    id = fields.UUID(required=True)
    pool_id = fields.UUID(required=True)
    member_id = fields.UUID(required=True, allow_none=True)
    name = fields.String(required=True)
    command = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "The command's title"})
    params = fields.Dict(required=True)
    cron = fields.String(required=True)
    sentence = fields.String(required=True, metadata={"example": "At 02:30 (UTC)"})
    enabled = fields.Boolean(required=True)
    jitter_sec = fields.Integer(required=True)
    missed_policy = fields.String(required=True, validate=validate.OneOf(POLICIES))
    pause_in_maintenance = fields.Boolean(required=True)
    next_run_at = fields.AwareDateTime(required=True, allow_none=True)
    last_run = fields.Nested(LastRunOut, required=True, allow_none=True)
    origin = fields.String(required=True, validate=validate.OneOf(["user", "backup_plan"]))
    created_at = fields.AwareDateTime(required=True)


SchedulePage = page_of(ScheduleOut)


class ScheduleRunOut(WireSchema):
    """One slot, or one run by hand."""

    id = fields.UUID(required=True)
    slot = fields.AwareDateTime(required=True)
    at = fields.AwareDateTime(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in RunState]))
    by_hand = fields.Boolean(required=True)
    reason = fields.String(required=True)
    job_id = fields.UUID(required=True, allow_none=True)


ScheduleRunPage = page_of(ScheduleRunOut)


class PresetArgs(WireSchema):
    pool_id = fields.UUID(load_default=None)
    member_id = fields.UUID(load_default=None)


class PresetOut(WireSchema):
    id = fields.String(required=True, metadata={"example": "haproxy_backup"})
    title = fields.String(required=True)
    description = fields.String(required=True)
    command = fields.String(required=True)
    params = fields.Dict(required=True)
    cron = fields.String(required=True)
    sentence = fields.String(required=True)
    jitter_sec = fields.Integer(required=True)
    missed_policy = fields.String(required=True)
    available = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)


class PresetsOut(WireSchema):
    items = fields.List(fields.Nested(PresetOut), required=True)


class ExplainIn(WireSchema):
    cron = fields.String(required=True, validate=validate.Length(max=120))


class ExplainOut(WireSchema):
    """What an expression means. `problem` says what is wrong with it."""

    ok = fields.Boolean(required=True)
    sentence = fields.String(required=True, allow_none=True)
    next = fields.List(fields.AwareDateTime(), required=True)
    problem = fields.String(required=True, allow_none=True)


class CronOverviewOut(WireSchema):
    cron_count = fields.Integer(required=True)
    backup_schedules = fields.Integer(required=True)
    last_run = fields.Nested(LastRunOut, required=True, allow_none=True)
