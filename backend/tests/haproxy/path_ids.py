"""A version for the ids in paths."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from serversctl.haproxy.rules import File
from serversctl.haproxy.service.versions import write
from serversctl.identity.audit import SYSTEM
from serversctl.kernel.sealed import Sealer
from serversctl.members.tables import Member
from serversctl.pools.service import create_pool
from sqlalchemy.orm import Session
from support.api import Tenant


def make_version(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool = create_pool(session, tenant.account_id, SYSTEM, name=f"cfg {secrets.token_hex(4)}", template="haproxy")
    host = f"{secrets.token_hex(4)}.example.com"
    member = Member(
        account_id=pool.account_id, pool_id=pool.id, hostname=host, display_name=host, template="haproxy_edge",
        linux_family="debian", allowed_ips=["192.0.2.1"], public_ips=[], created_at=pool.created_at,
        secret_hash=secrets.token_hex(32),
    )  # fmt: skip
    session.add(member)
    session.flush()
    files = [File("/etc/haproxy/haproxy.cfg", "global\n")]
    return write(session, Sealer("k" * 32), member, files, origin="imported", actor=SYSTEM, state="applied").id


PATH_IDS = {"version_id": make_version}
