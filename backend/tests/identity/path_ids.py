"""Identity's objects for the ids in paths."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.identity.tables import ApiToken, User, UserSession
from sqlalchemy.orm import Session
from support.api import Tenant

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_user(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    user = User(
        account_id=tenant.account_id,
        email=f"{secrets.token_hex(6)}@example.com",
        role="viewer",
        password_hash="",
        created_at=NOW,
    )
    session.add(user)
    session.flush()
    return user.id


def make_token(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    """A token of each user in turn would be the caller's own for one role only: admins see all, so theirs do."""
    token = ApiToken(
        account_id=tenant.account_id,
        user_id=tenant.users[tenant.acting],
        name="spare",
        key_id=secrets.token_hex(8),
        secret_hash="0" * 64,
        scopes=["*"],
        created_at=NOW,
    )
    session.add(token)
    session.flush()
    return token.id


def make_session(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    opened = UserSession(
        user_id=tenant.users[tenant.acting],
        token_hash=secrets.token_hex(32),
        created_at=NOW,
        seen_at=NOW,
        proved_at=NOW,
    )
    session.add(opened)
    session.flush()
    return opened.id


PATH_IDS = {"user_id": make_user, "token_id": make_token, "session_id": make_session}
