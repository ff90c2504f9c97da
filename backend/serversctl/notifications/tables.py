"""Notification channels and the log of deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id


class NotificationChannel(Base):
    """A way out that an account set up: for all pools or one, for all kinds of messages or some."""

    __tablename__ = "notification_channels"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID | None] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(80))
    enabled: Mapped[bool] = mapped_column(default=True)
    topics: Mapped[list[str]] = mapped_column(JSON)  # empty: everything
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("account_id", "name"),)


class Delivery(Base):
    """One message on one way out. The dedupe id makes a second one of the same news impossible."""

    __tablename__ = "deliveries"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID | None] = mapped_column(Uuid)
    member_id: Mapped[UUID | None] = mapped_column(Uuid)
    # None: mail to `recipient`, without a channel that somebody set up.
    channel_id: Mapped[UUID | None] = mapped_column(ForeignKey("notification_channels.id", ondelete="CASCADE"))
    channel_kind: Mapped[str] = mapped_column(String(24))
    recipient: Mapped[str | None] = mapped_column(String(254))
    dedupe_id: Mapped[str] = mapped_column(String(200), unique=True)
    # Opposite news on the same thing (lost and back) share it: a waiting first one is dropped by the second.
    pair: Mapped[str | None] = mapped_column(String(160), index=True)
    kind: Mapped[str] = mapped_column(String(64))
    # Sealed where it holds a secret link.
    message: Mapped[dict[str, Any]] = mapped_column(JSON)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed', 'dropped')", name="state"),
        Index("ix_deliveries_due", "state", "next_try_at"),
        Index("ix_deliveries_account_created", "account_id", "created_at"),
    )
