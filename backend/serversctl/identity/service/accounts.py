"""The account and its users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ...kernel.sealed import Sealer
from .. import audit, passwords, setup
from ..rules import Principal, Role, clean_email
from ..tables import Account, User
from ..tenancy import owned
from .mailed import mail_token

INVITE_VALID = timedelta(days=7)
PLANS = ("community", "pro")


def add_user(session: Session, account: Account, *, email: str, role: Role, password_hash: str, now: datetime) -> User:
    """A user row. Raises Conflict when the e-mail is taken anywhere in the installation."""
    user = User(
        account_id=account.id, email=clean_email(email), role=role.word, password_hash=password_hash, created_at=now
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        raise Conflict(
            "email_taken",
            "That e-mail address has a user already: sign in, or use another address.",
            errors={"email": ["This address has a user already."]},
        ) from None
    return user


def create_user(session: Session, email: str, role: str, password: str, account_name: str | None = None) -> User:
    """A user from the command line, in the account of that name or, when there is none, in a new one.

    The first user of the installation becomes its owner, whatever `role` says.
    """
    email = clean_email(email)
    passwords.check_new(password, email)
    now = database_now(session)
    given = Role.OWNER if setup.claim_unowned(session, now) else Role.of(role)
    account = _account_named(session, account_name) if account_name else None
    if account is None:
        account = Account(name=(account_name or email.partition("@")[0])[:120], alert_email=email, created_at=now)
        session.add(account)
        session.flush()
    user = add_user(session, account, email=email, role=given, password_hash=passwords.hash_password(password), now=now)
    audit.record(
        session,
        audit.SYSTEM,
        "user.created",
        account_id=account.id,
        target_type="user",
        target_id=user.id,
        details={"email": email, "role": given.word},
    )
    return user


def _account_named(session: Session, name: str) -> Account | None:
    found = session.scalars(select(Account).where(Account.name == name).limit(2)).all()
    if len(found) > 1:
        raise Conflict("account_ambiguous", f"Several accounts are called {name}: rename one first.")
    return found[0] if found else None


def list_users(session: Session, account_id: UUID) -> Sequence[User]:
    return session.scalars(select(User).where(User.account_id == account_id).order_by(User.email)).all()


def invite(
    session: Session, sealer: Sealer, who: Principal, by: audit.Actor, *, email: str, role: Role, now: datetime
) -> tuple[User, str]:
    """A user without a password, and the token of the link with which they set one; the mail goes by the outbox."""
    _may_grant(who, role)
    account = session.get_one(Account, who.account_id)
    user = add_user(session, account, email=email, role=role, password_hash="", now=now)
    token = mail_token(
        session, sealer, user, "identity.user_invited", expires_at=now + INVITE_VALID, payload={"invitedBy": who.name}
    )
    audit.record(
        session,
        by,
        "user.invited",
        account_id=account.id,
        target_type="user",
        target_id=user.id,
        details={"email": user.email, "role": role.word},
    )
    return user, token


def change_role(session: Session, who: Principal, by: audit.Actor, user_id: UUID, role: Role) -> User:
    user = _others_row(session, who, user_id)
    _may_grant(who, role)
    if Role.of(user.role) is Role.OWNER and role is not Role.OWNER:
        _keep_an_owner(session, user)
    before, user.role = user.role, role.word
    audit.record(
        session,
        by,
        "user.role_changed",
        account_id=user.account_id,
        target_type="user",
        target_id=user.id,
        details={"email": user.email, "before": before, "after": role.word},
    )
    return user


def remove_user(session: Session, who: Principal, by: audit.Actor, user_id: UUID) -> None:
    """Remove a user with their sessions and tokens."""
    user = _others_row(session, who, user_id)
    if Role.of(user.role) is Role.OWNER:
        _keep_an_owner(session, user)
    audit.record(
        session,
        by,
        "user.removed",
        account_id=user.account_id,
        target_type="user",
        target_id=user.id,
        details={"email": user.email, "role": user.role},
    )
    session.delete(user)


def change_account(session: Session, who: Principal, by: audit.Actor, changes: dict[str, object]) -> Account:
    """Name, default alert address and team inboxes."""
    account = session.get_one(Account, who.account_id)
    for name, value in changes.items():
        setattr(account, name, value)
    audit.record(
        session,
        by,
        "account.changed",
        account_id=account.id,
        target_type="account",
        target_id=account.id,
        details=changes,
    )
    return account


def set_plan(session: Session, account_id: UUID, plan: str, trial_until: datetime | None = None) -> Account:
    """What the operator of the installation decides for an account. `trial_until` grants Pro rights until then."""
    if plan not in PLANS:
        raise Invalid(
            "plan_unknown", f"Use one of {', '.join(PLANS)}.", errors={"plan": [f"Use {' or '.join(PLANS)}."]}
        )
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("account_not_found", "There is no account with this id.")
    account.plan, account.trial_until = plan, trial_until
    audit.record(
        session,
        audit.SYSTEM,
        "account.plan_set",
        account_id=account.id,
        target_type="account",
        target_id=account.id,
        details={"plan": plan, "trialUntil": trial_until},
    )
    return account


def _others_row(session: Session, who: Principal, user_id: UUID) -> User:
    """The user to change. Only owners touch owners."""
    # The account's row is the lock that keeps two owners from removing each other at the same moment.
    session.execute(select(Account.id).where(Account.id == who.account_id).with_for_update())
    user = owned(session, User, user_id, who.account_id, lock=True)
    if Role.of(user.role) is Role.OWNER and who.role is not Role.OWNER:
        raise Forbidden("owner_needed", "Only an owner may change an owner.")
    return user


def _may_grant(who: Principal, role: Role) -> None:
    if role > who.role:
        raise Forbidden("role_too_low", f"You may not give the role {role.word}: it is above your own.")


def _keep_an_owner(session: Session, user: User) -> None:
    others = select(func.count()).where(
        User.account_id == user.account_id, User.role == Role.OWNER.word, User.id != user.id, User.password_hash != ""
    )
    if not session.scalar(others):
        raise Conflict("last_owner", "The account needs an owner: make somebody else owner first.")
