"""A snapshot for the ids in paths."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from serversctl.backups.tables import Snapshot
from serversctl.identity.audit import SYSTEM
from serversctl.kernel.db import database_now
from serversctl.kernel.ids import new_id
from serversctl.pools.service import create_pool
from sqlalchemy.orm import Session
from support.api import Tenant


def make_snapshot(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool = create_pool(session, tenant.account_id, SYSTEM, name=f"snap {new_id().hex[-8:]}", template="haproxy")
    row = Snapshot(
        account_id=tenant.account_id, pool_id=pool.id, member_id=new_id(), member_name="gone.example.com", kind="haproxy",
        state="failed", job_id=new_id(), attempt=1, key_generation=1, created_at=database_now(session), packs=[], scopes=[],
        unreadable=[],
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


PATH_IDS = {"snapshot_id": make_snapshot}
