"""Who owns a fresh installation: whoever holds the token that the console printed, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..kernel.errors import Forbidden
from . import secrets
from .tables import Installation, User


def _row(session: Session) -> Installation:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(Installation).values(id=1).on_conflict_do_nothing())
    return session.scalars(
        select(Installation).where(Installation.id == 1).with_for_update().execution_options(populate_existing=True)
    ).one()


def is_owned(session: Session) -> bool:
    """Whether the first user exists, or once existed."""
    owned_at = session.scalar(select(Installation.owned_at).where(Installation.id == 1))
    return owned_at is not None or bool(session.scalar(select(exists().where(User.id.is_not(None)))))


def ensure_token(session: Session) -> str | None:
    """A new set-up token for the console to print, or None when the installation has its owner.

    Only its hash is kept; each call makes the former token void.
    """
    row = _row(session)
    if is_owned(session):
        row.setup_token_hash = None
        return None
    token = secrets.new_opaque()
    row.setup_token_hash = secrets.hashed(token)
    session.flush()
    return token


def claim(session: Session, token: str, now: datetime) -> None:
    """Take ownership with the token, in the transaction that makes the first user. Raises Forbidden."""
    taken = session.execute(
        update(Installation)
        .where(
            Installation.id == 1,
            Installation.owned_at.is_(None),
            Installation.setup_token_hash == secrets.hashed(token),
        )
        .values(owned_at=now, setup_token_hash=None)
        .returning(Installation.id)
    ).first()
    if taken is None:
        raise Forbidden(
            "setup_token_wrong",
            "The set-up token is not right. The console printed it when the server started; a restart prints a new one.",
        )


def claim_unowned(session: Session, now: datetime) -> bool:
    """Take ownership from the command line; False when somebody owns the installation already."""
    row = _row(session)
    if is_owned(session):
        return False
    row.owned_at, row.setup_token_hash = now, None
    session.flush()
    return True
