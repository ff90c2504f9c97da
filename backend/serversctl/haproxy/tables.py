"""Versions of a member's configuration, and how each member stands to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id

ORIGINS = ("imported", "edited", "adopted", "rolled_out", "certificate")
STATES = ("draft", "applied", "reverted", "failed")
_ORIGINS = ", ".join(f"'{origin}'" for origin in ORIGINS)
_STATES = ", ".join(f"'{state}'" for state in STATES)


class HaproxyVersion(Base):
    """All files of one configuration, sealed: they may hold passwords. Never changed once written."""

    __tablename__ = "haproxy_versions"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    number: Mapped[int]
    base_id: Mapped[UUID | None] = mapped_column(Uuid)
    origin: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    author: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    # SHA-256 over the files' contents without their paths; and what the agent calls its fingerprint, once it was live.
    digest: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    check_job_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    check: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    workflow_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("member_id", "number"),
        CheckConstraint(f"origin IN ({_ORIGINS})", name="origin"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
    )


class HaproxyMember(Base):
    """One member: the version that should be live, and the last look at what is."""

    __tablename__ = "haproxy_members"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    current_id: Mapped[UUID | None] = mapped_column(Uuid)
    last_number: Mapped[int] = mapped_column(default=0)
    # What was found on the host at the last look, when it differs from the current version.
    found: Mapped[bytes | None] = mapped_column(LargeBinary)
    found_fingerprint: Mapped[str | None] = mapped_column(String(64))
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    look_job_id: Mapped[UUID | None] = mapped_column(Uuid)
