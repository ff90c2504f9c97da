"""A member's plan: saved with checks, and its slots ordered once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import SYSTEM, Actor
from ...jobs import service as jobs
from ...jobs.catalogue import Catalogue
from ...jobs.tables import Job
from ...kernel.cron import checked, next_slot
from ...kernel.db import database_now
from ...kernel.errors import DomainError, Invalid
from ...members.tables import Member
from ...pools.tables import Pool
from ..kinds import kind_of
from ..tables import BackupPlan
from .keeping import plan_row


def save_plan(session: Session, member: Member, wish: Mapping[str, Any], actor: Actor) -> BackupPlan:
    """Change the plan. Raises Invalid for a cron expression that never comes, and for unknown kinds."""
    now = database_now(session)
    row = plan_row(session, member.id, member.account_id)
    for name, value in wish.items():
        setattr(row, name, value)
    row.cron = checked(row.cron, now)
    row.kinds = [kind_of(kind).id for kind in dict.fromkeys(row.kinds)]
    if row.enabled and not row.kinds:
        raise Invalid("backup_plan_empty", "Choose what is backed up.", errors={"kinds": ["Choose at least one."]})
    row.next_slot = next_slot(row.cron, now) if row.enabled else None
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "backup.plan_changed", account_id=member.account_id, target_type="member", target_id=member.id,
        details=dict(wish),
    )  # fmt: skip
    return row


def due_plans(session: Session) -> Sequence[tuple[UUID, datetime]]:
    """(member, slot) of plans whose time has come."""
    now = database_now(session)
    rows = session.execute(
        select(BackupPlan.member_id, BackupPlan.next_slot)
        .where(BackupPlan.enabled, BackupPlan.next_slot <= now)
        .limit(100)
    )
    return [(row.member_id, row.next_slot) for row in rows]


def order_plan(session: Session, catalogue: Catalogue, member_id: UUID, slot: datetime) -> list[Job]:
    """Order the backups of one slot, once: whoever moves `next_slot` on is the one. Slots missed meanwhile are one."""
    row = session.get(BackupPlan, member_id)
    member = session.get(Member, member_id)
    if row is None or member is None:
        return []
    following = next_slot(row.cron, database_now(session))
    claimed = session.execute(
        update(BackupPlan)
        .where(BackupPlan.member_id == member_id, BackupPlan.next_slot == slot, BackupPlan.enabled)
        .values(next_slot=following)
        .returning(BackupPlan.member_id)
    ).first()
    if claimed is None:
        return []
    ordered = []
    for kind_id in row.kinds:
        try:
            with session.begin_nested():
                job = jobs.order(
                    session, command=catalogue.find(kind_of(kind_id).command), params={}, actor=SYSTEM,
                    pool=session.get_one(Pool, member.pool_id), member=member,
                    idempotency_key=f"backup-{member_id}-{kind_id}-{slot.isoformat()}",
                ).job  # fmt: skip
        except DomainError:
            continue  # jobs are stopped, or the queue is full: the next slot comes
        ordered.append(job)
    return ordered
