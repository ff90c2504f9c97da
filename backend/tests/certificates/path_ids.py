"""A certificate that nobody has issued yet, for the ids in paths."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from serversctl.certificates import service
from serversctl.identity.audit import SYSTEM
from serversctl.pools.service import create_pool
from sqlalchemy.orm import Session
from support.api import Tenant


def make_certificate(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool = create_pool(session, tenant.account_id, SYSTEM, name=f"tls {secrets.token_hex(4)}", template="haproxy")
    return service.create(session, pool, [f"{secrets.token_hex(4)}.example.com"], SYSTEM).id


PATH_IDS = {"certificate_id": make_certificate}
