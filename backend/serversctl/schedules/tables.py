"""Schedules, and one row for each slot that was claimed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id


class Schedule(Base):
    """One command by the clock. `next_slot` is the nominal time of the next run, `due_at` the same with jitter."""

    __tablename__ = "schedules"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    command: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    cron: Mapped[str] = mapped_column(String(120))
    enabled: Mapped[bool] = mapped_column(default=True)
    jitter_sec: Mapped[int] = mapped_column(default=0)
    missed_policy: Mapped[str] = mapped_column(String(8), default="skip")
    pause_in_maintenance: Mapped[bool] = mapped_column(default=True)
    # None while it is disabled: nothing was missed then.
    next_slot: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("missed_policy IN ('skip', 'run_once')", name="missed_policy"),
        Index("ix_schedules_due", "enabled", "due_at"),
    )


class ScheduleRun(Base):
    """A slot that somebody claimed: the constraint keeps a second worker out. `job_id` may name a job long forgotten."""

    __tablename__ = "schedule_runs"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    slot: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(8))
    by_hand: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    job_id: Mapped[UUID | None] = mapped_column(Uuid)

    __table_args__ = (
        UniqueConstraint("schedule_id", "slot"),
        CheckConstraint("state IN ('ordered', 'skipped', 'missed', 'failed')", name="state"),
    )
