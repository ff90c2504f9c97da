"""Registration: the first user with the set-up token, everybody else while it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ...kernel.errors import Forbidden
from ...kernel.settings import Settings
from .. import audit, passwords, setup
from ..rules import Role, clean_email
from ..tables import Account, User
from .accounts import add_user

TRIAL = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class RegistrationState:
    """What the sign-in page must know before anybody is signed in."""

    open: bool
    setup_required: bool


def registration_state(session: Session, settings: Settings) -> RegistrationState:
    fresh = not setup.is_owned(session)
    return RegistrationState(open=fresh or settings.registration == "open", setup_required=fresh)


def register(
    session: Session,
    settings: Settings,
    now: datetime,
    *,
    email: str,
    password: str,
    password_hash: str,
    account_name: str | None,
    setup_token: str | None,
) -> User:
    """A new account and its owner. `password_hash` is made by the caller, outside of the transaction."""
    email = clean_email(email)
    passwords.check_new(password, email)
    if not setup.is_owned(session):
        if not setup_token:
            raise Forbidden(
                "setup_token_missing", "The first user needs the set-up token that the console printed at the start."
            )
        setup.claim(session, setup_token, now)
    elif settings.registration != "open":
        raise Forbidden("registration_closed", "Registration is closed here: ask an owner to invite you.")
    account = Account(
        name=(account_name or email.partition("@")[0])[:120],
        alert_email=email,
        trial_until=now + TRIAL if settings.hosted else None,
        created_at=now,
    )
    session.add(account)
    session.flush()
    user = add_user(session, account, email=email, role=Role.OWNER, password_hash=password_hash, now=now)
    audit.record(
        session,
        audit.Actor("user", user.id, user.email),
        "account.registered",
        account_id=account.id,
        target_type="account",
        target_id=account.id,
        details={"email": email},
    )
    return user
