"""Settings, holds, events with their timeline, intents for DNS, and the lease that makes one monitor act."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id

OPEN = text("state = 'open'")


class FailoverSettings(Base):
    """How one pool fails over. A pool without a row has the defaults: automation off."""

    __tablename__ = "failover_settings"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    auto: Mapped[bool] = mapped_column(default=False)
    recovery_sec: Mapped[int] = mapped_column(default=30)
    probe_kind: Mapped[str] = mapped_column(String(8), default="none")
    probe_port: Mapped[int] = mapped_column(default=443)
    probe_path: Mapped[str] = mapped_column(String(200), default="/")
    probe_host_header: Mapped[str | None] = mapped_column(String(253))
    failback: Mapped[str] = mapped_column(String(8), default="manual")
    preferred_member_id: Mapped[UUID | None] = mapped_column(Uuid)
    stable_sec: Mapped[int] = mapped_column(default=300)
    paused: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_reason: Mapped[str] = mapped_column(String(200), default="")
    banner_sec: Mapped[int] = mapped_column(default=7200)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("recovery_sec BETWEEN 10 AND 120", name="recovery_sec"),
        CheckConstraint("probe_kind IN ('none', 'tcp', 'tls', 'http')", name="probe_kind"),
        CheckConstraint("probe_port BETWEEN 1 AND 65535", name="probe_port"),
        CheckConstraint("failback IN ('manual', 'auto')", name="failback"),
        CheckConstraint("stable_sec BETWEEN 300 AND 86400", name="stable_sec"),
    )


class FailoverHold(Base):
    """Automation holds, for a reason, since a moment (R12). One per pool and reason."""

    __tablename__ = "failover_holds"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    sentence: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FailoverEvent(Base):
    """One move of a pool. The unique epoch makes two moves out of one state impossible."""

    __tablename__ = "failover_events"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"))
    epoch: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    from_member_id: Mapped[UUID | None] = mapped_column(Uuid)
    from_name: Mapped[str | None] = mapped_column(String(253))
    from_addresses: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)
    to_member_id: Mapped[UUID] = mapped_column(Uuid)
    to_name: Mapped[str] = mapped_column(String(253))
    to_addresses: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(32))
    sentences: Mapped[list[str]] = mapped_column(JSON)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    ordered_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("pool_id", "epoch"),
        CheckConstraint("kind IN ('automatic', 'manual', 'failback')", name="kind"),
        CheckConstraint("state IN ('deciding', 'switching', 'done', 'failed', 'superseded')", name="state"),
        Index("ix_failover_events_pool_created", "pool_id", "created_at"),
        Index("ix_failover_events_created", "created_at"),
    )


class FailoverEventEntry(Base):
    """One line of an event's timeline. Lines are added and never changed."""

    __tablename__ = "failover_event_entries"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("failover_events.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class FailoverIntent(Base):
    """The pool's record should hold these addresses. No write goes out without an open one of the present epoch."""

    __tablename__ = "failover_intents"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"))
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("failover_events.id", ondelete="SET NULL"), index=True)
    epoch: Mapped[int]
    cause: Mapped[str] = mapped_column(String(12))
    addresses: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), default="open")
    lease_epoch: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(Text)
    observed: Mapped[dict[str, list[str]] | None] = mapped_column(JSON)
    slow_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("state IN ('open', 'done', 'superseded')", name="state"),
        CheckConstraint("cause IN ('promotion', 'restore', 'address', 'settings')", name="cause"),
        Index("uq_failover_intents_open", "pool_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_failover_intents_pool_created", "pool_id", "created_at"),
    )


class MonitorLease(Base):
    """Who may decide. Times are the database's; `epoch` grows at each takeover."""

    __tablename__ = "monitor_leases"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    epoch: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released: Mapped[bool] = mapped_column(default=False)
    status: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FailoverHalt(Base):
    """One row at most: automation is off for the whole installation, for example after a restore from a backup."""

    __tablename__ = "failover_halt"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    reason: Mapped[str] = mapped_column(String(300))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
