"""Backups on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import PageArgs, WireSchema, page_of
from .kinds import KINDS
from .tables import PROOFS, STATES

_KIND = validate.OneOf(list(KINDS))
_NOTE = validate.And(validate.Length(max=300), validate.Regexp(r"^[^\x00-\x1f\x7f]*\Z", error="Use one line of text."))
_PATH = validate.And(validate.Length(max=1000), validate.Regexp(r"^/[^\x00-\x1f\x7f]*\Z", error="Use a full path."))
_SCOPES = [scope.id for kind in KINDS.values() for scope in kind.scopes]


class SnapshotArgs(PageArgs):
    kind = fields.String(load_default=None, validate=_KIND)
    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)


class AllSnapshotsArgs(SnapshotArgs):
    pool_id = fields.UUID(load_default=None)
    member_id = fields.UUID(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class BackupIn(WireSchema):
    kind = fields.String(load_default="haproxy", validate=_KIND)


class BackupPlanIn(WireSchema):
    """Fields that are left out keep their value."""

    enabled = fields.Boolean()
    cron = fields.String(validate=validate.Length(1, 120), metadata={"example": "0 2 * * *", "description": "UTC"})
    kinds = fields.List(fields.String(validate=_KIND), validate=validate.Length(max=len(KINDS)))
    keep_last = fields.Integer(strict=True, validate=validate.Range(1, 365))
    keep_daily = fields.Integer(strict=True, validate=validate.Range(0, 365))
    keep_weekly = fields.Integer(strict=True, validate=validate.Range(0, 520))
    keep_monthly = fields.Integer(strict=True, validate=validate.Range(0, 240))
    verify_weekly = fields.Boolean()


class BackupPlanOut(WireSchema):
    enabled = fields.Boolean(required=True)
    cron = fields.String(required=True)
    sentence = fields.String(required=True)
    kinds = fields.List(fields.String(), required=True)
    keep_last = fields.Integer(required=True)
    keep_daily = fields.Integer(required=True)
    keep_weekly = fields.Integer(required=True)
    keep_monthly = fields.Integer(required=True)
    verify_weekly = fields.Boolean(required=True)
    next_slot = fields.AwareDateTime(required=True, allow_none=True)


class RestoreIn(WireSchema):
    """What is brought back, and where to: without a member, to the one that the snapshot is of."""

    member_id = fields.UUID(load_default=None, allow_none=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(_SCOPES)), load_default=list,
        metadata={"description": "Empty: all that the snapshot has", "example": ["main_config", "conf_d"]},
    )  # fmt: skip
    paths = fields.List(
        fields.String(validate=_PATH), load_default=list, validate=validate.Length(max=50),
        metadata={"description": "Only these files or folders", "example": ["/etc/haproxy/haproxy.cfg"]},
    )  # fmt: skip


class CompareIn(WireSchema):
    path = fields.String(required=True, validate=_PATH, metadata={"example": "/etc/haproxy/haproxy.cfg"})
    member_id = fields.UUID(load_default=None, allow_none=True)


class SnapshotScopeOut(WireSchema):
    id = fields.String(required=True)
    title = fields.String(required=True)
    help = fields.String()
    files = fields.Integer()
    bytes = fields.Integer()


class UnreadableOut(WireSchema):
    path = fields.String(required=True)
    why = fields.String(required=True)


class SnapshotOut(WireSchema):
    id = fields.UUID(required=True)
    member_id = fields.UUID(required=True)
    member_name = fields.String(required=True)
    pool_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    note = fields.String(required=True)
    job_id = fields.UUID(required=True)
    created_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    duration_sec = fields.Float(required=True, allow_none=True)
    files = fields.Integer(required=True)
    bytes = fields.Integer(required=True)
    stored_bytes = fields.Integer(required=True, metadata={"description": "All objects that it needs"})
    new_bytes = fields.Integer(required=True, metadata={"description": "What it added to the store"})
    metadata_state = fields.String(required=True, data_key="metadata", validate=validate.OneOf(["present"]))
    object_state = fields.String(
        required=True, data_key="object", validate=validate.OneOf(["present", "missing", "unknown"])
    )
    checked_at = fields.AwareDateTime(required=True, allow_none=True)
    verification = fields.String(required=True, validate=validate.OneOf(PROOFS))
    verification_detail = fields.String(required=True)
    verified_at = fields.AwareDateTime(required=True, allow_none=True)
    verify_job_id = fields.UUID(required=True, allow_none=True)
    unreadable = fields.List(fields.Nested(UnreadableOut), required=True)
    scopes = fields.List(fields.Nested(SnapshotScopeOut), required=True)
    kept_because = fields.List(fields.String(), required=True)
    error = fields.String(required=True, allow_none=True)
    delete_after = fields.AwareDateTime(required=True, allow_none=True)


class FileArgs(PageArgs):
    prefix = fields.String(load_default="", validate=validate.Length(max=1000))
    cursor = fields.String(load_default=None, validate=validate.Length(max=2000))


class SnapshotFileOut(WireSchema):
    path = fields.String(required=True)
    scope = fields.String(required=True)
    type = fields.String(required=True, validate=validate.OneOf(["file", "dir", "link"]))
    mode = fields.Integer(required=True)
    user = fields.String(required=True)
    group = fields.String(required=True)
    size_bytes = fields.Integer(required=True)
    modified_at = fields.AwareDateTime(required=True, allow_none=True)
    sha256 = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["ok", "unreadable", "changed"]))
    why = fields.String(required=True)
    target = fields.String(required=True, allow_none=True)


class ContentArgs(WireSchema):
    path = fields.String(required=True, validate=_PATH, metadata={"example": "/etc/haproxy/haproxy.cfg"})


class ContentOut(WireSchema):
    path = fields.String(required=True)
    text = fields.String(required=True)


class DiffArgs(WireSchema):
    job_id = fields.UUID(required=True, metadata={"example": "0197a3f0-0000-7000-8000-000000000001"})


class ComparisonOut(WireSchema):
    """From what is on the host to what was saved: what a restore would do."""

    path = fields.String(required=True)
    on_host = fields.Boolean(required=True)
    same = fields.Boolean(required=True)
    shown = fields.Boolean(required=True, metadata={"description": "False for keys and binary files"})
    diff = fields.String(required=True)


class BackupDayOut(WireSchema):
    date = fields.String(required=True)
    count = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    bytes = fields.Integer(required=True)


class BackupKindOut(WireSchema):
    id = fields.String(required=True)
    title = fields.String(required=True)
    command = fields.String(required=True)
    available = fields.Boolean(required=True)
    reason = fields.String(required=True)
    scopes = fields.List(fields.Nested(SnapshotScopeOut), required=True)


class StorageOut(WireSchema):
    kind = fields.String(required=True)
    ok = fields.Boolean(required=True)
    detail = fields.String(required=True)


class BackupOverviewOut(WireSchema):
    snapshot_count = fields.Integer(required=True)
    total_bytes = fields.Integer(required=True)
    stored_bytes = fields.Integer(required=True)
    last_backup_at = fields.AwareDateTime(required=True, allow_none=True)
    last_verified_at = fields.AwareDateTime(required=True, allow_none=True)
    calendar = fields.List(fields.Nested(BackupDayOut), required=True)
    kinds = fields.List(fields.Nested(BackupKindOut), required=True)
    plan = fields.Nested(BackupPlanOut, required=True)
    key_generation = fields.Integer(required=True, allow_none=True)


class KeyOut(WireSchema):
    generation = fields.Integer(required=True)


SnapshotPage = page_of(SnapshotOut)
SnapshotFilePage = page_of(SnapshotFileOut)
