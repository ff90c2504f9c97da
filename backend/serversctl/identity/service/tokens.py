"""API tokens `sctl_<id>_<secret>`: shown once, kept as a hash, never stronger than their user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.errors import Invalid, NotFound
from .. import audit, secrets
from ..rules import Principal, Role, clean_email, clean_scopes
from ..tables import ApiToken, User

# One write of `last_used_at` per token in this time, not one per request.
TOUCH = timedelta(minutes=1)


def mint_token(
    session: Session,
    user: User,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    now: datetime,
    by: audit.Actor,
    known_scopes: frozenset[str] | None = None,
) -> tuple[ApiToken, str]:
    """The row and the text, which is shown now and never again. No scopes given means all."""
    if expires_at is not None and expires_at <= now:
        raise Invalid(
            "expiry_past", "The expiry lies in the past.", errors={"expiresAt": ["Use a time in the future."]}
        )
    if not name.strip():
        raise Invalid("name_missing", "Name the token for what uses it.", errors={"name": ["Use a name."]})
    key_id, secret, text = secrets.new_api_token()
    row = ApiToken(
        account_id=user.account_id,
        user_id=user.id,
        name=name.strip()[:80],
        key_id=key_id,
        secret_hash=secrets.hashed(secret),
        scopes=clean_scopes(scopes, known_scopes),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by,
        "token.created",
        account_id=user.account_id,
        target_type="token",
        target_id=row.id,
        details={"name": row.name, "scopes": row.scopes, "keyId": key_id},
    )
    return row, text


def create_token(
    session: Session, email: str, name: str, scopes: Iterable[str], expires: datetime | None
) -> tuple[ApiToken, str]:
    """The same from the command line, for the user with this e-mail."""
    user = session.scalar(select(User).where(User.email == clean_email(email)))
    if user is None:
        raise NotFound("user_not_found", f"No user has the e-mail {email}: make one with `serversctl user create`.")
    return mint_token(
        session,
        user,
        name=name,
        scopes=scopes,
        expires_at=expires,
        now=database_now(session),
        by=audit.SYSTEM,
    )


def resolve_token(session: Session, text: str, now: datetime) -> tuple[Principal, bool] | None:
    """The principal of a token and whether its last use wants writing; None when it does not open anything.

    The role is the user's role of this moment: a token loses with its user.
    """
    parts = secrets.split_api_token(text)
    if parts is None:
        return None
    row = session.execute(
        select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.key_id == parts[0])
    ).one_or_none()
    known = row.ApiToken.secret_hash if row else "0" * 64
    if not secrets.same(known, secrets.hashed(parts[1])) or row is None:
        return None
    token, user = row.ApiToken, row.User
    if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
        return None
    who = Principal(
        account_id=user.account_id,
        user_id=user.id,
        role=Role.of(user.role),
        name=f"{token.name} ({user.email})",
        scopes=frozenset(token.scopes),
        token_id=token.id,
    )
    return who, token.last_used_at is None or now - token.last_used_at > TOUCH


def touch_token(session: Session, token_id: UUID, now: datetime) -> None:
    older = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now)
    session.execute(update(ApiToken).where(ApiToken.id == token_id, older).values(last_used_at=now))


def list_tokens(session: Session, who: Principal) -> Sequence[ApiToken]:
    """The caller's own tokens; admins and owners see all of the account."""
    query = select(ApiToken).where(ApiToken.account_id == who.account_id, ApiToken.revoked_at.is_(None))
    if who.role < Role.ADMIN:
        query = query.where(ApiToken.user_id == who.user_id)
    return session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.id)).all()


def revoke_token(session: Session, who: Principal, by: audit.Actor, token_id: UUID, now: datetime) -> None:
    row = next((token for token in list_tokens(session, who) if token.id == token_id), None)
    if row is None:
        raise NotFound("token_not_found", "There is no such token; it may be revoked already.")
    row.revoked_at = now
    audit.record(
        session,
        by,
        "token.revoked",
        account_id=row.account_id,
        target_type="token",
        target_id=row.id,
        details={"name": row.name},
    )
