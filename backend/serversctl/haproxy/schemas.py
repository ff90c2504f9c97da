"""Configurations on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import PageArgs, WireSchema, page_of
from .rules import FILES_MAX, SIZE_MAX_BYTES
from .tables import ORIGINS, STATES

__all__ = ["PageArgs"]
_REASON = validate.And(
    validate.Length(max=300), validate.Regexp(r"^[^\x00-\x1f\x7f]*\Z", error="Use one line of text.")
)


class ConfigFileIn(WireSchema):
    path = fields.String(
        required=True, validate=validate.Length(1, 300), metadata={"example": "/etc/haproxy/haproxy.cfg"}
    )
    text = fields.String(
        required=True, validate=validate.Length(max=SIZE_MAX_BYTES), metadata={"example": "global\n    maxconn 4000\n"}
    )


class DraftIn(WireSchema):
    """An edit: all files of the configuration, standing on the newest version."""

    base_version_id = fields.UUID(required=True)
    files = fields.List(fields.Nested(ConfigFileIn), required=True, validate=validate.Length(1, FILES_MAX))
    reason = fields.String(load_default="", validate=_REASON, metadata={"example": "Add the new application servers"})


class ApplyIn(WireSchema):
    members = fields.List(
        fields.UUID(),
        load_default=None,
        validate=validate.Length(1, 50),
        metadata={"description": "Members of the same pool; without them, the one that the version belongs to"},
    )
    soak_sec = fields.Integer(
        strict=True,
        load_default=60,
        validate=validate.Range(5, 600),
        metadata={"description": "How long traffic is watched after each member"},
    )
    overwrite = fields.Boolean(
        load_default=False, metadata={"description": "Also over changes that were made on the host"}
    )


class AdoptIn(WireSchema):
    reason = fields.String(load_default="", validate=_REASON)


class DiffArgs(WireSchema):
    against = fields.UUID(load_default=None)


class AuthorOut(WireSchema):
    kind = fields.String(required=True)
    id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)


class FileOutlineOut(WireSchema):
    path = fields.String(required=True)
    lines = fields.Integer(required=True)
    size_bytes = fields.Integer(required=True)


class ConfigFileOut(WireSchema):
    path = fields.String(required=True)
    text = fields.String(required=True)


class MessageOut(WireSchema):
    level = fields.String(required=True, metadata={"description": "alert, warning or notice"})
    path = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True)
    text = fields.String(required=True)


class ConfigCheckOut(WireSchema):
    valid = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "null: the check could not be made"}
    )
    messages = fields.List(fields.Nested(MessageOut), required=True)
    error = fields.String(allow_none=True)
    at = fields.String(allow_none=True)


class HaproxyVersionOut(WireSchema):
    id = fields.UUID(required=True)
    member_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    base_id = fields.UUID(required=True, allow_none=True)
    origin = fields.String(required=True, validate=validate.OneOf(ORIGINS))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True)
    author = fields.Nested(AuthorOut, required=True)
    fingerprint = fields.String(required=True, allow_none=True)
    files = fields.List(fields.Nested(FileOutlineOut), required=True)
    check = fields.Nested(ConfigCheckOut, required=True, allow_none=True)
    check_job_id = fields.UUID(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    workflow_id = fields.UUID(required=True, allow_none=True)
    current = fields.Boolean(required=True, metadata={"description": "This is the version that should be live"})
    created_at = fields.AwareDateTime(required=True)
    applied_at = fields.AwareDateTime(required=True, allow_none=True)


class WholeVersionOut(HaproxyVersionOut):
    texts = fields.List(fields.Nested(ConfigFileOut), required=True)


class FileDiffOut(WireSchema):
    path = fields.String(required=True)
    change = fields.String(required=True, validate=validate.OneOf(["added", "removed", "changed"]))
    added = fields.Integer(required=True)
    removed = fields.Integer(required=True)
    diff = fields.String(required=True, metadata={"description": "A unified diff"})


class DiffOut(WireSchema):
    files = fields.List(fields.Nested(FileDiffOut), required=True)


class DriftOut(WireSchema):
    """What is live against what should be."""

    state = fields.String(required=True, validate=validate.OneOf(["same", "changed", "unknown"]))
    live_fingerprint = fields.String(required=True, allow_none=True)
    stored_fingerprint = fields.String(required=True, allow_none=True)
    looked_at = fields.AwareDateTime(required=True, allow_none=True)


class FoundOut(DriftOut):
    files = fields.List(
        fields.Nested(FileDiffOut), required=True, metadata={"description": "From the stored version to the host"}
    )
    fresh = fields.Boolean(required=True, metadata={"description": "The last look saw what is live now"})


class HaproxyOut(WireSchema):
    """HAProxy on one member."""

    seen = fields.Boolean(required=True, metadata={"description": "The agent reports HAProxy on this host"})
    active = fields.Boolean(required=True, allow_none=True)
    version = fields.String(required=True, allow_none=True)
    config_path = fields.String(required=True, allow_none=True)
    admin_socket = fields.Boolean(required=True, allow_none=True)
    current = fields.Nested(HaproxyVersionOut, required=True, allow_none=True)
    head = fields.Nested(HaproxyVersionOut, required=True, allow_none=True)
    drift = fields.Nested(DriftOut, required=True)
    look_job_id = fields.UUID(required=True, allow_none=True)


HaproxyVersionPage = page_of(HaproxyVersionOut)
