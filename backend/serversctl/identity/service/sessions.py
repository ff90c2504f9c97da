"""Browser sessions: resolve, list, touch, close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ...kernel.errors import NotFound
from .. import secrets
from ..rules import SESSION_IDLE, SESSION_MAX, Principal, Role, session_is_over
from ..tables import User, UserSession

# How stale `seen_at` may be: one write per session in this time, not one per request.
TOUCH = timedelta(minutes=5)


def resolve_session(session: Session, token: str, now: datetime) -> tuple[Principal, bool] | None:
    """The principal of a cookie and whether the session wants touching; None when it is unknown or over."""
    row = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == secrets.hashed(token))
    ).one_or_none()
    if row is None or session_is_over(row.UserSession.created_at, row.UserSession.seen_at, now):
        return None
    user, opened = row.User, row.UserSession
    who = Principal(
        account_id=user.account_id,
        user_id=user.id,
        role=Role.of(user.role),
        name=user.email,
        session_id=opened.id,
        proved_at=opened.proved_at,
    )
    return who, now - opened.seen_at > TOUCH


def touch_session(session: Session, session_id: UUID, now: datetime) -> None:
    session.execute(
        update(UserSession).where(UserSession.id == session_id, UserSession.seen_at < now).values(seen_at=now)
    )


def list_sessions(session: Session, user_id: UUID, now: datetime) -> Sequence[UserSession]:
    """The user's live sessions, newest first."""
    return session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.seen_at >= now - SESSION_IDLE,
            UserSession.created_at >= now - SESSION_MAX,
        )
        .order_by(UserSession.created_at.desc(), UserSession.id)
    ).all()


def close_session(session: Session, user_id: UUID, session_id: UUID) -> None:
    """Sign one of the user's browsers out."""
    gone = session.execute(
        delete(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .returning(UserSession.id)
    ).first()
    if gone is None:
        raise NotFound("session_not_found", "There is no such session of yours; it may have ended already.")


def close_all(session: Session, user_id: UUID, *, but: UUID | None = None) -> None:
    """Sign the user out everywhere (but here)."""
    doomed = delete(UserSession).where(UserSession.user_id == user_id)
    session.execute(doomed if but is None else doomed.where(UserSession.id != but))
