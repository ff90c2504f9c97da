"""Snapshots, the keys that open them, and each member's plan.

Snapshots and keys outlive their member: a destroyed host is when they are needed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id

STATES = ("running", "complete", "partial", "failed", "deleting")
PROOFS = ("never", "proved", "failed")
_STATES = ", ".join(f"'{state}'" for state in STATES)


class Snapshot(Base):
    """One backup. `packs` names every object that it needs: {id, key, sizeBytes}, those of older snapshots too."""

    __tablename__ = "snapshots"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[UUID] = mapped_column(Uuid)
    member_name: Mapped[str] = mapped_column(String(253))
    kind: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(300), default="")
    job_id: Mapped[UUID] = mapped_column(Uuid)
    attempt: Mapped[int]
    key_generation: Mapped[int]
    base_id: Mapped[UUID | None] = mapped_column(Uuid)
    files: Mapped[int] = mapped_column(default=0)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    new_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    manifest_bytes: Mapped[int] = mapped_column(default=0)
    packs: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    scopes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    unreadable: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    error: Mapped[str | None] = mapped_column(Text)
    # Whether the objects were all there when somebody last looked.
    objects: Mapped[str] = mapped_column(String(8), default="unknown")
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verification: Mapped[str] = mapped_column(String(8), default="never")
    verification_detail: Mapped[str] = mapped_column(Text, default="")
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verify_job_id: Mapped[UUID | None] = mapped_column(Uuid)
    state_before: Mapped[str | None] = mapped_column(String(12))
    delete_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("job_id", "attempt"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index("ix_snapshots_member_created", "member_id", "created_at"),
        Index("ix_snapshots_account_created", "account_id", "created_at"),
        Index("ix_snapshots_delete_after", "delete_after"),
    )


class BackupKey(Base):
    """A member's key of one generation, sealed. Old ones stay as long as a snapshot needs them."""

    __tablename__ = "backup_keys"

    member_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BackupPlan(Base):
    """When a member is backed up, and how much is kept."""

    __tablename__ = "backup_plans"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    cron: Mapped[str] = mapped_column(String(120), default="0 2 * * *")
    kinds: Mapped[list[str]] = mapped_column(JSON)
    keep_last: Mapped[int] = mapped_column(default=7)
    keep_daily: Mapped[int] = mapped_column(default=14)
    keep_weekly: Mapped[int] = mapped_column(default=8)
    keep_monthly: Mapped[int] = mapped_column(default=12)
    verify_weekly: Mapped[bool] = mapped_column(default=True)
    next_slot: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
