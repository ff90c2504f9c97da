"""Single-use links that go by mail. The database keeps the hash; the outbox keeps the token sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from ...kernel import outbox
from ...kernel.sealed import Sealer
from .. import secrets
from ..tables import MailedToken, User


def mail_token(
    session: Session, sealer: Sealer, user: User, kind: str, *, expires_at: datetime, payload: Mapping[str, Any]
) -> str:
    """Make the user's one valid token and an outbox event that carries it sealed. Gives the token."""
    session.execute(
        update(MailedToken)
        .where(MailedToken.user_id == user.id, MailedToken.used_at.is_(None))
        .values(used_at=expires_at)
    )
    token = secrets.new_opaque()
    session.add(MailedToken(user_id=user.id, token_hash=secrets.hashed(token), expires_at=expires_at))
    outbox.emit(
        session,
        kind,
        account_id=user.account_id,
        payload={
            "userId": str(user.id),
            "email": user.email,
            "expiresAt": expires_at.isoformat(),
            "tokenSealed": sealer.seal(token, _context(str(user.id))),
            **payload,
        },
    )
    return token


def open_mailed_token(sealer: Sealer, payload: Mapping[str, Any]) -> str:
    """The token inside such an event, for the page {public_url}/app/reset?token=…"""
    return sealer.open(payload["tokenSealed"], _context(payload["userId"]))


def _context(user_id: str) -> str:
    return f"outbox.mailed_token:{user_id}"
