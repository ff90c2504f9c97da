"""Changing a password, and setting one through a mailed link. Second factors stay on."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...kernel.errors import Invalid, Unauthorized
from ...kernel.sealed import Sealer
from .. import audit, passwords, secrets
from ..tables import MailedToken, User
from .mailed import mail_token, open_mailed_token
from .sessions import close_all

__all__ = ["change_password", "confirm_reset", "open_mailed_token", "request_reset"]

RESET_VALID = timedelta(minutes=30)
EVENT = "identity.password_reset_requested"


def change_password(session: Session, user_id: UUID, session_id: UUID | None, new: str) -> User:
    """Set the password of somebody who just proved the old one; every other session ends."""
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise Unauthorized("not_signed_in", "The user is gone.")
    passwords.check_new(new, user.email, "newPassword")
    user.password_hash = passwords.hash_password(new)
    close_all(session, user.id, but=session_id)
    who = audit.Actor("user", user.id, user.email)
    audit.record(
        session, who, "user.password_changed", account_id=user.account_id, target_type="user", target_id=user.id
    )
    return user


def request_reset(session: Session, sealer: Sealer, email: str, now: datetime) -> None:
    """Mail a link to the user with this address, if there is one. The caller learns nothing either way."""
    user = session.scalar(select(User).where(User.email == email))
    if user is None:
        return
    mail_token(session, sealer, user, EVENT, expires_at=now + RESET_VALID, payload={})
    who = audit.Actor("user", user.id, user.email)
    audit.record(
        session, who, "user.reset_requested", account_id=user.account_id, target_type="user", target_id=user.id
    )


def confirm_reset(session: Session, token: str, new: str, now: datetime) -> User:
    """Set a password with a mailed token. Every session ends; codes stay on."""
    row = session.execute(
        select(MailedToken, User)
        .join(User, User.id == MailedToken.user_id)
        .where(MailedToken.token_hash == secrets.hashed(token))
    ).one_or_none()
    if row is None or row.MailedToken.expires_at <= now:
        raise _spent()
    user: User = row.User
    passwords.check_new(new, user.email)
    taken = session.execute(
        update(MailedToken)
        .where(MailedToken.id == row.MailedToken.id, MailedToken.used_at.is_(None))
        .values(used_at=now)
        .returning(MailedToken.id)
    ).first()
    if taken is None:
        raise _spent()
    user.password_hash = passwords.hash_password(new)
    close_all(session, user.id)
    who = audit.Actor("user", user.id, user.email)
    audit.record(session, who, "user.password_reset", account_id=user.account_id, target_type="user", target_id=user.id)
    return user


def _spent() -> Invalid:
    return Invalid(
        "reset_token_spent",
        "The link was used already or is too old: ask for a new one.",
        errors={"token": ["Ask for a new link."]},
    )
