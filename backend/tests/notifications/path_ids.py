"""Notification channels for the ids in paths."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.notifications.tables import NotificationChannel
from sqlalchemy.orm import Session
from support.api import Tenant


def make_channel(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    row = NotificationChannel(
        account_id=tenant.account_id,
        kind="email",
        name=secrets.token_hex(6),
        topics=[],
        config={"to": ["noc@example.com"]},
        sealed={},
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    session.add(row)
    session.flush()
    return row.id


PATH_IDS = {"channel_id": make_channel}
