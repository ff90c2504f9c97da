"""What intake needs to know of pools and probes, the long history, and who is lost."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime

RECOVERY_SEC_DEFAULT = 30


class PoolPace(Base):
    """How fast a pool's members beat, and the failover delay that bounds it. Written by the room that decides."""

    __tablename__ = "pool_paces"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), primary_key=True)
    recovery_sec: Mapped[int] = mapped_column(default=RECOVERY_SEC_DEFAULT)
    interval_sec: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint("recovery_sec BETWEEN 10 AND 120", name="recovery_sec"),
        CheckConstraint("interval_sec BETWEEN 1 AND 60", name="interval_sec"),
    )


class MemberProbe(Base):
    """One address that a member is asked to try."""

    __tablename__ = "member_probes"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    probe_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    host: Mapped[str] = mapped_column(String(253))
    port: Mapped[int]
    path: Mapped[str | None] = mapped_column(String(1024))
    host_header: Mapped[str | None] = mapped_column(String(253))
    timeout_ms: Mapped[int] = mapped_column(default=2000)

    __table_args__ = (
        CheckConstraint("kind IN ('tcp', 'tls', 'http')", name="kind"),
        CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
    )


class MemberOutage(Base):
    """A member that is lost now. The row is what makes each message go out once."""

    __tablename__ = "member_outages"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    lost_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MemberDay(Base):
    """One day of a member's history in 5-minute slots, packed (see `rings`)."""

    __tablename__ = "member_days"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    slots: Mapped[bytes] = mapped_column(LargeBinary)
