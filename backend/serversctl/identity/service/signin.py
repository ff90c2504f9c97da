"""Signing in, and proving presence again before something dangerous."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...kernel.errors import Unauthorized
from ...kernel.sealed import Sealer
from .. import audit, passwords, secrets
from ..rules import clean_email
from ..tables import User, UserSession
from .totp import spend_second_factor

WRONG = Unauthorized("credentials_wrong", "The e-mail address or the password is not right.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened or renewed. `cookie` is shown to the browser once and kept nowhere."""

    user: User
    session_id: UUID
    cookie: str


def check_password(session: Session, email: str, password: str) -> UUID:
    """The id of the user with this password. Raises Unauthorized, after the same time whether the user exists or not.

    Hashing takes 25 ms: call it outside of a write transaction.
    """
    user = session.scalar(select(User).where(User.email == email))
    if not passwords.matches(user.password_hash if user else "", password) or user is None:
        raise Unauthorized(WRONG.code, WRONG.detail)
    return user.id


def open_session(
    session: Session,
    sealer: Sealer,
    user_id: UUID,
    password: str,
    now: datetime,
    *,
    code: str | None,
    recovery_code: str | None,
    address: str | None,
    user_agent: str,
) -> SignedIn:
    """Sign a user in whose password was just checked; asks for the second factor where there is one."""
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise Unauthorized(WRONG.code, WRONG.detail)
    spend_second_factor(session, sealer, user, now, code=code, recovery_code=recovery_code)
    if passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    return start_session(session, user, now, address=address, user_agent=user_agent)


def start_session(session: Session, user: User, now: datetime, *, address: str | None, user_agent: str) -> SignedIn:
    cookie = secrets.new_opaque()
    row = UserSession(
        user_id=user.id,
        token_hash=secrets.hashed(cookie),
        created_at=now,
        seen_at=now,
        proved_at=now,
        address=address,
        user_agent=user_agent[:200],
    )
    session.add(row)
    session.flush()
    who = audit.Actor("user", user.id, user.email)
    audit.record(session, who, "session.opened", account_id=user.account_id, target_type="session", target_id=row.id)
    return SignedIn(user, row.id, cookie)


def record_failure(session: Session, email: str, why: str) -> None:
    """Leave a trace of a failed sign-in of a known user."""
    user = session.scalar(select(User).where(User.email == clean_email(email)))
    if user is not None:
        audit.record(
            session,
            audit.Actor("user", user.id, user.email),
            "session.refused",
            account_id=user.account_id,
            target_type="user",
            target_id=user.id,
            details={"reason": why},
        )


def step_up(
    session: Session,
    sealer: Sealer,
    session_id: UUID,
    now: datetime,
    *,
    code: str | None,
    recovery_code: str | None,
) -> SignedIn:
    """Renew the proof of presence after the password was checked. The session gets a new cookie."""
    opened = session.get(UserSession, session_id, with_for_update=True)
    user = session.get(User, opened.user_id, with_for_update=True) if opened else None
    if opened is None or user is None:
        raise Unauthorized("not_signed_in", "The session has ended: sign in again.")
    spend_second_factor(session, sealer, user, now, code=code, recovery_code=recovery_code)
    cookie = secrets.new_opaque()
    opened.token_hash, opened.proved_at, opened.seen_at = secrets.hashed(cookie), now, now
    who = audit.Actor("user", user.id, user.email)
    audit.record(session, who, "session.proved", account_id=user.account_id, target_type="session", target_id=opened.id)
    return SignedIn(user, opened.id, cookie)
