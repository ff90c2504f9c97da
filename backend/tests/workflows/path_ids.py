"""A workflow that ended, for the ids in paths."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.identity.audit import SYSTEM
from serversctl.pools.service import create_pool
from serversctl.workflows.tables import Workflow
from sqlalchemy.orm import Session
from support.api import Tenant


def make_workflow(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool = create_pool(session, tenant.account_id, SYSTEM, name=f"flow {secrets.token_hex(4)}", template="haproxy")
    flow = Workflow(
        account_id=tenant.account_id, pool_id=pool.id, kind="test.gone", title="Gone", params={}, state="completed",
        requested_by={"kind": "system", "id": None, "name": "tests"}, created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    session.add(flow)
    session.flush()
    return flow.id


PATH_IDS = {"workflow_id": make_workflow}
