"""Subscribers that failed on an event: tried again, and kept in sight when they never succeed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime


class OutboxFailure(Base):
    """One subscriber's trouble with one event. `poisoned_at` is set when it is not tried any more."""

    __tablename__ = "outbox_failures"

    event_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("outbox_events.id", ondelete="CASCADE"), primary_key=True)
    subscriber: Mapped[str] = mapped_column(String(120), primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(Text)
    poisoned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_outbox_failures_due", "next_try_at"),)
