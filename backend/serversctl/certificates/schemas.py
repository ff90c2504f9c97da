"""Certificates on the wire. Keys never are."""

from __future__ import annotations

from marshmallow import fields, validate

from ..kernel.http import PageArgs, WireSchema, page_of
from .rules import NAMES_MAX, Shown
from .tables import INSTALL_STATES

_NAME = fields.String(validate=validate.Length(1, 255), metadata={"example": "lb.example.com"})


class CertificateIn(WireSchema):
    """A wish. Without names the certificate is for the pool's own name in DNS."""

    names = fields.List(
        _NAME,
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=NAMES_MAX),
        metadata={
            "description": "Host names; the first is the file's name on the members. Wildcards as *.example.com",
            "example": ["lb.example.com", "*.lb.example.com"],
        },
    )


class InstallIn(WireSchema):
    """Where it is installed again; without a member on all of them."""

    member_id = fields.UUID(load_default=None, allow_none=True)


class ConfigureIn(WireSchema):
    """For whose HAProxy configuration the draft is made."""

    member_id = fields.UUID(required=True)


class ConfiguredOut(WireSchema):
    """The draft that was saved: read it at /api/haproxy/versions/{versionId}."""

    version_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    member_id = fields.UUID(required=True)


class InstallOut(WireSchema):
    """The certificate on one member."""

    member_id = fields.UUID(required=True)
    member_name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(INSTALL_STATES))
    current = fields.Boolean(required=True, metadata={"description": "The newest certificate is there"})
    in_use = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "HAProxy's configuration names the file; null: not known yet"},
    )
    detail = fields.String(required=True)
    job_id = fields.UUID(required=True, allow_none=True)
    changed_at = fields.AwareDateTime(required=True)
    next_try_at = fields.AwareDateTime(required=True, allow_none=True)


class ErrorOut(WireSchema):
    """Why the last try failed, and what to do."""

    code = fields.String(required=True)
    detail = fields.String(required=True)
    at = fields.AwareDateTime(required=True, allow_none=True)


class CertificateOut(WireSchema):
    """A certificate of a pool."""

    id = fields.UUID(required=True)
    pool_id = fields.UUID(required=True)
    hostname = fields.String(required=True, metadata={"example": "lb.example.com"})
    names = fields.List(fields.String(), required=True)
    member_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "For the services of this host; null: for HAProxy on every member"},
    )
    file = fields.String(required=True, metadata={"example": "/etc/haproxy/certs/lb.example.com.pem"})
    state = fields.String(required=True, validate=validate.OneOf([one.value for one in Shown]))
    not_before = fields.AwareDateTime(required=True, allow_none=True)
    not_after = fields.AwareDateTime(required=True, allow_none=True)
    fingerprint = fields.String(required=True, allow_none=True, metadata={"description": "SHA-256 of the leaf"})
    serial = fields.String(required=True, allow_none=True)
    issuer = fields.String(required=True, allow_none=True)
    chain = fields.String(required=True, allow_none=True, metadata={"description": "Leaf and issuers in PEM"})
    issued_at = fields.AwareDateTime(required=True, allow_none=True)
    next_renewal_at = fields.AwareDateTime(required=True, allow_none=True)
    held_until = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "The authority asked us to wait until then"}
    )
    failures = fields.Integer(required=True)
    last_error = fields.Nested(ErrorOut, required=True, allow_none=True)
    job_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The job that works on it now"})
    pool_name_matches = fields.Boolean(
        required=True, metadata={"description": "It covers the name that the pool keeps in DNS"}
    )
    created_at = fields.AwareDateTime(required=True)
    installs = fields.List(fields.Nested(InstallOut), required=True)


class CertificatePage(page_of(CertificateOut)):  # type: ignore[misc]
    """Newest first."""


class MemberCertificatesOut(WireSchema):
    """The pool's certificates with their state on one member."""

    pool_name = fields.String(
        required=True, allow_none=True, metadata={"description": "The name that the pool keeps in DNS; null: none yet"}
    )
    items = fields.List(fields.Nested(CertificateOut), required=True)


class CertificateArgs(PageArgs):
    """`?limit=&cursor=`"""
