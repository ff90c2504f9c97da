"""What heartbeats change in SQL: first contact, a rotated secret in use, and news for other rooms."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.outbox import emit
from ...members.service import promote_secret
from ...members.tables import Member
from ..store import Change

__all__ = ["note_changes", "note_first_contact", "promote_secret"]

KINDS = {
    "ip": "member.address_changed",
    "source": "member.address_changed",
    "version": "member.agent_version_changed",
    "stacks": "member.stack_changed",
    "clone": "member.clone_suspected",
}


def note_first_contact(session: Session, member_id: UUID) -> bool:
    """Record that a member was heard for the first time; True for the one caller that was first."""
    first = session.execute(
        update(Member)
        .where(Member.id == member_id, Member.first_seen_at.is_(None))
        .values(first_seen_at=database_now(session))
        .returning(Member.account_id, Member.pool_id, Member.hostname)
    ).first()
    if first is None:
        return False
    emit(
        session,
        "member.first_heartbeat",
        account_id=first.account_id,
        pool_id=first.pool_id,
        member_id=member_id,
        dedupe=f"member.first_heartbeat:{member_id}",
        payload={"hostname": first.hostname},
    )
    return True


def note_changes(session: Session, changes: Iterable[Change]) -> None:
    """Outbox events for what the store saw change. Members that are gone meanwhile are passed over."""
    by_member: dict[UUID, list[Change]] = {}
    for change in changes:
        by_member.setdefault(UUID(change.member_id), []).append(change)
    rows = session.execute(
        select(Member.id, Member.account_id, Member.pool_id, Member.hostname).where(Member.id.in_(list(by_member)))
    ).all()
    for row in rows:
        for change in by_member[row.id]:
            emit(
                session,
                KINDS[change.what],
                account_id=row.account_id,
                pool_id=row.pool_id,
                member_id=row.id,
                payload={
                    "hostname": row.hostname, "what": change.what, "before": change.before, "after": change.after,
                },
            )  # fmt: skip
