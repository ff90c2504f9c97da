"""What identity says and hears over the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ..kernel.http import PageArgs, WireSchema, camel
from .rules import PASSWORD_MAX, PASSWORD_MIN, Role

ROLES = [role.word for role in Role]


def email(**more: Any) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Length(3, 254),
        metadata={"description": "E-mail address", "example": "ada@example.com"},
        **more,
    )


def password(what: str = "Password", **more: Any) -> fields.String:
    return fields.String(
        required=True,
        load_only=True,
        validate=validate.Length(1, PASSWORD_MAX),
        metadata={"description": what, "format": "password", "example": "seven green lamps hum"},
        **more,
    )


def new_password() -> fields.String:
    return password(f"{PASSWORD_MIN} characters and more, and none that everybody tries first")


def code() -> fields.String:
    return fields.String(
        load_default=None,
        allow_none=True,
        load_only=True,
        validate=validate.Regexp(r"^[0-9]{6}\Z", error="Use the six digits of the authenticator app."),
        metadata={"description": "Six digits of the authenticator app", "example": "123456"},
    )


def recovery_code() -> fields.String:
    return fields.String(
        load_default=None,
        allow_none=True,
        load_only=True,
        validate=validate.Length(1, 60),
        metadata={"description": "A recovery code, instead of `code`", "example": "k3f2-a7qd-mm4x-2xyz"},
    )


class RegisterIn(WireSchema):
    """A new account and its owner."""

    email = email()
    password = new_password()
    account_name = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 120), metadata={"example": "Example Hosting"}
    )
    setup_token = fields.String(
        load_default=None,
        allow_none=True,
        load_only=True,
        validate=validate.Length(1, 100),
        metadata={"description": "Printed by the console; only the first user needs it", "example": None},
    )


class LoginIn(WireSchema):
    email = email()
    password = password()
    code = code()
    recovery_code = recovery_code()


class StepUpIn(WireSchema):
    password = password()
    code = code()
    recovery_code = recovery_code()


class PasswordIn(WireSchema):
    current_password = password()
    new_password = new_password()


class ResetIn(WireSchema):
    email = email()


class ResetConfirmIn(WireSchema):
    token = fields.String(required=True, load_only=True, validate=validate.Length(1, 100), metadata={"example": "…"})
    password = new_password()


class RegistrationOut(WireSchema):
    """What the sign-in page must know."""

    open = fields.Boolean(required=True)
    setup_required = fields.Boolean(required=True)
    brand = fields.String(required=True)
    edition = fields.String(required=True)
    mail = fields.Boolean(required=True, metadata={"description": "Whether this installation can send mail"})


class UserOut(WireSchema):
    id = fields.UUID(required=True)
    email = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    totp_enabled = fields.Boolean(required=True)
    invited = fields.Function(
        lambda user: user.password_hash == "",
        metadata={"type": "boolean", "description": "Has not set a password yet"},
    )
    created_at = fields.AwareDateTime(required=True)


class AccountOut(WireSchema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    plan = fields.String(required=True, validate=validate.OneOf(["community", "pro"]))
    trial_until = fields.AwareDateTime(required=True, allow_none=True)
    alert_email = fields.String(required=True, allow_none=True)
    team_inboxes = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime(required=True)


class AccountIn(WireSchema):
    """What may change; absent stays."""

    name = fields.String(validate=validate.Length(1, 120), metadata={"example": "Example Hosting"})
    alert_email = fields.String(
        allow_none=True, validate=validate.Length(3, 254), metadata={"example": "alerts@example.com"}
    )
    team_inboxes = fields.List(
        fields.String(validate=validate.Length(3, 254), metadata={"example": "noc@example.com"}),
        validate=validate.Length(max=20),
    )


class GatesOut(WireSchema):
    """What the plan allows; see the lock list for the words."""

    failover_delay_min_sec = fields.Integer(required=True)
    cross_member_restore = fields.Boolean(required=True)
    premium_dns = fields.Boolean(required=True)
    replicate_now = fields.Boolean(required=True)
    cpanel_manage = fields.Boolean(required=True)
    cpanel_accounts_shown_max = fields.Integer(required=True, allow_none=True)
    cpanel_live_migrate = fields.Boolean(required=True)
    stack_restore = fields.Boolean(required=True)
    advanced_mariadb_recipes = fields.Boolean(required=True)
    advanced_recipes = fields.Boolean(required=True)
    failover_banner_max_sec = fields.Integer(required=True, allow_none=True)


class LockOut(WireSchema):
    name = fields.Function(lambda lock: camel(lock.name), metadata={"type": "string"})
    title = fields.String(required=True)


def one_line(longest: int, example: str, *, shortest: int = 1) -> fields.String:
    return fields.String(
        required=True,
        validate=[
            validate.Length(shortest, longest),
            validate.Regexp(r"^[^\x00-\x1f\x7f]*\Z", error="Use one line of text without control characters."),
        ],
        metadata={"example": example},
    )


class SavedFilter(WireSchema):
    """A filter of a list under a name: the page's address below /app and what stands behind its question mark."""

    page = one_line(120, "/members")
    name = one_line(80, "Down in Frankfurt")
    search = one_line(1000, "q=fra&state=down", shortest=0)


class Preferences(WireSchema):
    """How the dashboard is shown to this user."""

    time_zone = fields.String(load_default="utc", validate=validate.OneOf(["utc", "local"]))
    theme = fields.String(load_default="auto", validate=validate.OneOf(["auto", "light", "dark"]))
    saved_filters = fields.List(fields.Nested(SavedFilter), load_default=list, validate=validate.Length(max=50))

    @validates_schema
    def _one_name_for_one_filter(self, data: dict[str, Any], **_more: Any) -> None:
        names = [(entry["page"], entry["name"]) for entry in data.get("saved_filters", [])]
        if len(set(names)) < len(names):
            raise ValidationError("Two filters of one page have the same name.", "savedFilters")


class MeOut(WireSchema):
    """Who is asking, what they may, and the token that their changes must carry."""

    user = fields.Nested(UserOut, required=True)
    account = fields.Nested(AccountOut, required=True)
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    scopes = fields.List(fields.String(), required=True, allow_none=True)
    gates = fields.Nested(GatesOut, required=True)
    locks = fields.List(fields.Nested(LockOut), required=True)
    edition = fields.String(required=True)
    brand = fields.String(required=True, metadata={"example": "ServersCTL"})
    csrf_token = fields.String(required=True, allow_none=True)
    stepped_up_until = fields.AwareDateTime(required=True, allow_none=True)
    preferences = fields.Nested(Preferences, required=True)


class SessionOut(WireSchema):
    id = fields.UUID(required=True)
    created_at = fields.AwareDateTime(required=True)
    seen_at = fields.AwareDateTime(required=True)
    address = fields.String(required=True, allow_none=True)
    user_agent = fields.String(required=True)
    current = fields.Boolean(required=True)


class TotpOut(WireSchema):
    enabled = fields.Boolean(required=True)
    recovery_codes_left = fields.Integer(required=True)


class TotpBegunOut(WireSchema):
    secret = fields.String(required=True)
    otpauth_uri = fields.String(required=True)


class TotpIn(WireSchema):
    code = fields.String(
        required=True,
        load_only=True,
        validate=validate.Regexp(r"^[0-9]{6}\Z", error="Use the six digits of the authenticator app."),
        metadata={"example": "123456"},
    )


class RecoveryCodesOut(WireSchema):
    """Shown this once."""

    recovery_codes = fields.List(fields.String(), required=True)


class TokenIn(WireSchema):
    name = fields.String(required=True, validate=validate.Length(1, 80), metadata={"example": "deploy pipeline"})
    scopes = fields.List(
        fields.String(validate=validate.Length(1, 60), metadata={"example": "pools:read"}),
        load_default=list,
        validate=validate.Length(max=60),
        metadata={"description": "None given means everything that the user may do"},
    )
    expires_at = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "Never when absent", "example": None}
    )


class TokenOut(WireSchema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    prefix = fields.Function(lambda row: f"sctl_{row.key_id}_", metadata={"type": "string"})
    scopes = fields.List(fields.String(), required=True)
    user_id = fields.UUID(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)
    last_used_at = fields.AwareDateTime(required=True, allow_none=True)


class TokenMadeOut(WireSchema):
    item = fields.Nested(TokenOut, required=True)
    token = fields.String(required=True, metadata={"description": "Shown this once"})


class ScopesOut(WireSchema):
    items = fields.List(fields.String(), required=True)


class InviteIn(WireSchema):
    email = email()
    role = fields.String(required=True, validate=validate.OneOf(ROLES), metadata={"example": "operator"})


class InvitedOut(WireSchema):
    user = fields.Nested(UserOut, required=True)
    invite_token = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "For the page /app/reset?token=…; only where the installation cannot send mail"},
    )


class RoleIn(WireSchema):
    role = fields.String(required=True, validate=validate.OneOf(ROLES), metadata={"example": "viewer"})


class AuditArgs(PageArgs):
    """Filters; newest first."""

    action = fields.String(load_default=None, validate=validate.Length(1, 80), metadata={"example": "token.created"})
    actor = fields.String(load_default=None, validate=validate.Length(1, 254))
    target_type = fields.String(load_default=None, validate=validate.Length(1, 40))
    target_id = fields.String(load_default=None, validate=validate.Length(1, 120))
    since = fields.AwareDateTime(load_default=None)
    until = fields.AwareDateTime(load_default=None)


class AuditExportArgs(AuditArgs):
    class Meta(AuditArgs.Meta):
        exclude = ("limit", "cursor")

    format = fields.String(load_default="json", validate=validate.OneOf(["json", "csv"]))


class AuditActorOut(WireSchema):
    kind = fields.String(required=True)
    id = fields.UUID(required=True, allow_none=True)
    name = fields.String(required=True)


class AuditOut(WireSchema):
    seq = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    actor = fields.Function(
        lambda row: {
            "kind": row.actor_kind,
            "id": str(row.actor_id) if row.actor_id else None,
            "name": row.actor_name,
        },
        metadata={"type": "object"},
    )
    action = fields.String(required=True)
    target_type = fields.String(required=True)
    target_id = fields.String(required=True, allow_none=True)
    details = fields.Dict(required=True)
    address = fields.String(required=True, allow_none=True)
    request_id = fields.String(required=True, allow_none=True)
    entry_hash = fields.String(required=True)


class AuditHeadOut(WireSchema):
    """Keep it somewhere else: it proves later that nothing before it was changed."""

    at = fields.String(required=True, metadata={"format": "date-time"})
    chain = fields.String(required=True)
    seq = fields.Integer(required=True)
    hash = fields.String(required=True)
    public_key = fields.String(required=True, metadata={"description": "Ed25519, base64"})
    signature = fields.String(required=True, metadata={"description": "Over `chain seq hash at`, base64"})
