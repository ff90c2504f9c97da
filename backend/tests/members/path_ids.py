"""Members for the ids in paths: of the pool in the same path, or of a pool of their own."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy.orm import Session
from support.api import Tenant

THEN = datetime(2026, 1, 2, tzinfo=UTC)


def make_member(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool_id = made.get("pool_id")
    if pool_id is None:
        pool = Pool(account_id=tenant.account_id, name="edge", template="haproxy", created_at=THEN)
        session.add(pool)
        session.flush()
        pool_id = pool.id
    name = secrets.token_hex(5)
    member = Member(
        account_id=tenant.account_id,
        pool_id=pool_id,
        hostname=f"{name}.example.com",
        display_name=name,
        template="haproxy_edge",
        linux_family="debian",
        allowed_ips=["192.0.2.10"],
        public_ips=[],
        secret_hash=secrets.token_hex(32),
        created_at=THEN,
    )
    session.add(member)
    session.flush()
    return member.id


PATH_IDS = {"member_id": make_member}
