"""Pools for the ids in paths."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.pools.tables import Pool
from sqlalchemy.orm import Session
from support.api import Tenant


def make_pool(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool = Pool(
        account_id=tenant.account_id, name="edge", template="haproxy", created_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    session.add(pool)
    session.flush()
    return pool.id


PATH_IDS = {"pool_id": make_pool}
