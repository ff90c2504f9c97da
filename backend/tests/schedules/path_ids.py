"""A schedule for the ids in paths."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.identity.audit import SYSTEM
from serversctl.pools.service import create_pool
from serversctl.schedules.tables import Schedule
from sqlalchemy.orm import Session
from support.api import Tenant


def make_schedule(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool = create_pool(session, tenant.account_id, SYSTEM, name=f"cron {secrets.token_hex(4)}", template="haproxy")
    row = Schedule(
        account_id=tenant.account_id, pool_id=pool.id, name="Evaluate", command="failover.evaluate", params={},
        cron="0 * * * *", enabled=False, created_by={"kind": "system"}, created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


PATH_IDS = {"schedule_id": make_schedule}
