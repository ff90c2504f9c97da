"""News for other rooms, written in the same transaction as the change that they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String, Uuid
from sqlalchemy.orm import Mapped, Session, mapped_column

from .db import Base, UtcDateTime, database_now
from .ids import new_id


class OutboxEvent(Base):
    """One past event. The worker hands it to its subscribers at least once, then stamps `done_at`."""

    __tablename__ = "outbox_events"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID | None] = mapped_column(Uuid)
    pool_id: Mapped[UUID | None] = mapped_column(Uuid)
    member_id: Mapped[UUID | None] = mapped_column(Uuid)
    dedupe: Mapped[str | None] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_outbox_open", "done_at", "next_try_at"),)


def emit(
    session: Session,
    kind: str,
    *,
    account_id: UUID | None,
    pool_id: UUID | None = None,
    member_id: UUID | None = None,
    dedupe: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> OutboxEvent | None:
    """Write an event; `dedupe` makes a second one with the same text vanish. Payloads hold JSON values only."""
    if dedupe is not None:
        known = session.query(OutboxEvent.id).filter_by(dedupe=dedupe).first()
        if known is not None:
            return None
    event = OutboxEvent(
        id=new_id(),
        created_at=database_now(session),
        kind=kind,
        account_id=account_id,
        pool_id=pool_id,
        member_id=member_id,
        dedupe=dedupe,
        payload=dict(payload or {}),
    )
    session.add(event)
    session.flush()
    return event
