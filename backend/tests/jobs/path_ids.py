"""Jobs for the ids in paths, and a command that the catalogue is sure to hold."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from serversctl.jobs.tables import Job
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy.orm import Session
from support.api import Tenant

THEN = datetime(2026, 1, 2, tzinfo=UTC)


def make_job(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    pool = Pool(account_id=tenant.account_id, name="edge", template="haproxy", created_at=THEN)
    session.add(pool)
    session.flush()
    name = secrets.token_hex(5)
    member = Member(
        account_id=tenant.account_id,
        pool_id=pool.id,
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
    job = Job(
        account_id=tenant.account_id,
        pool_id=pool.id,
        member_id=member.id,
        command="haproxy.reload",
        params={},
        danger="change",
        runs_on="agent",
        idempotent=True,
        stops_haproxy=False,
        timeout_sec=60,
        max_attempts=3,
        state="pending",
        generation=1,
        requested_by={"kind": "system", "name": "tests"},
        created_at=THEN,
    )
    session.add(job)
    session.flush()
    return job.id


def a_command(session: Session, tenant: Tenant, made: dict[str, Any]) -> str:
    return "haproxy.reload"


PATH_IDS = {"job_id": make_job, "command_id": a_command}
