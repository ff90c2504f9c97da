"""Lost and recovered, each told once. The monitor calls these; the row decides who was first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.outbox import emit
from ...members.tables import Member
from ..tables import MemberOutage


def mark_lost(session: Session, member_id: UUID, *, age_sec: float | None, why: str = "") -> bool:
    """Note that a member went silent and tell it; True for the one caller that was first."""
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    taken = session.execute(
        insert(MemberOutage)
        .values(member_id=member_id, lost_at=database_now(session))
        .on_conflict_do_nothing()
        .returning(MemberOutage.member_id)
    ).first()
    return taken is not None and _tell(session, "member.lost", member_id, {"ageSec": age_sec, "why": why})


def mark_recovered(session: Session, member_id: UUID) -> bool:
    """Note that a lost member is back and tell it; True for the one caller that was first."""
    lost_at = session.execute(
        delete(MemberOutage).where(MemberOutage.member_id == member_id).returning(MemberOutage.lost_at)
    ).scalar()
    if lost_at is None:
        return False
    away_sec = (database_now(session) - lost_at).total_seconds()
    return _tell(session, "member.recovered", member_id, {"lostAt": lost_at.isoformat(), "awaySec": round(away_sec, 1)})


def lost_members(session: Session, member_ids: Collection[UUID] | None = None) -> dict[UUID, datetime]:
    """Who is lost now, since when."""
    wanted = select(MemberOutage)
    if member_ids is not None:
        wanted = wanted.where(MemberOutage.member_id.in_(member_ids))
    return {outage.member_id: outage.lost_at for outage in session.scalars(wanted)}


def _tell(session: Session, kind: str, member_id: UUID, payload: dict[str, Any]) -> bool:
    member = session.get(Member, member_id)
    if member is None:
        return False
    emit(
        session,
        kind,
        account_id=member.account_id,
        pool_id=member.pool_id,
        member_id=member_id,
        payload={"hostname": member.hostname, "displayName": member.display_name, **payload},
    )
    return True


def all_members(session: Session) -> list[UUID]:
    """Every member of the installation."""
    return list(session.scalars(select(Member.id).order_by(Member.id)))
