"""Failover events for the ids in paths."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.failover.tables import FailoverEvent
from serversctl.kernel.ids import new_id
from sqlalchemy.orm import Session
from support.api import Tenant

THEN = datetime(2026, 1, 2, tzinfo=UTC)


def make_event(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    event = FailoverEvent(
        account_id=tenant.account_id, pool_id=made["pool_id"], epoch=1, kind="manual", to_member_id=new_id(),
        to_name="lb2", to_addresses={"A": ["198.51.100.2"]}, from_addresses={}, state="done", reason="manual",
        sentences=[], evidence={}, ordered_by="tests", created_at=THEN,
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event.id


PATH_IDS = {"failover_event_id": make_event}
