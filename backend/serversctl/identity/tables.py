"""Accounts, users and the ways in: sessions, API tokens, second factors, set-up. The audit trail is beside it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id
from .audit_tables import AuditEntry, AuditHead

__all__ = [
    "Account",
    "ApiToken",
    "AttemptCount",
    "AuditEntry",
    "AuditHead",
    "Installation",
    "MailedToken",
    "RecoveryCode",
    "User",
    "UserSession",
]


class Account(Base):
    """The tenant: everything else belongs to one."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    plan: Mapped[str] = mapped_column(String(16), default="community")
    trial_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    alert_email: Mapped[str | None] = mapped_column(String(254))
    team_inboxes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("plan IN ('community', 'pro')", name="plan"),)


class User(Base):
    """A person who signs in. One account each; the e-mail is unique in the installation."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(200))  # empty: invited, no password yet
    totp_sealed: Mapped[str | None] = mapped_column(String(400))  # set and not enabled: being set up
    totp_enabled: Mapped[bool] = mapped_column(default=False)
    totp_last_step: Mapped[int] = mapped_column(default=0)  # codes of this time step and before are spent
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    preferences: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))  # null: never chose

    __table_args__ = (CheckConstraint("role IN ('viewer', 'operator', 'admin', 'owner')", name="role"),)


class UserSession(Base):
    """A browser that is signed in. The row holds the hash of the cookie; deleting the row is signing out."""

    __tablename__ = "user_sessions"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class ApiToken(Base):
    """A token `sctl_<key_id>_<secret>` of one user. Only the hash of the secret is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    key_id: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """One of ten codes that stand in for a lost authenticator, once."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailedToken(Base):
    """A single-use link that lets somebody set a password: after forgetting it, or when invited."""

    __tablename__ = "mailed_tokens"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Installation(Base):
    """One row: whether somebody already owns this installation, and the hash of the set-up token until then."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    setup_token_hash: Mapped[str | None] = mapped_column(String(64))
    owned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AttemptCount(Base):
    """Sign-in attempts per bucket and window, where Redis is away."""

    __tablename__ = "attempt_counts"

    bucket: Mapped[str] = mapped_column(String(120), primary_key=True)
    window_ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    count: Mapped[int] = mapped_column(default=0)
