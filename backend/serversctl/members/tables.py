"""The member row and the refused heartbeats that explain why one does not come in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id

TEMPLATES = ("haproxy_edge", "generic_linux", "cpanel", "openlitespeed", "mariadb")
LINUX_FAMILIES = ("debian", "rhel")


class Member(Base):
    """One enrolled VM. Only hashes of its secret are kept; the second slot serves a rotation."""

    __tablename__ = "members"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    hostname: Mapped[str] = mapped_column(String(253))
    display_name: Mapped[str] = mapped_column(String(120))
    template: Mapped[str] = mapped_column(String(24))
    linux_family: Mapped[str] = mapped_column(String(8))
    allowed_ips: Mapped[list[str]] = mapped_column(JSON)
    public_ips: Mapped[list[str]] = mapped_column(JSON, default=list)
    priority: Mapped[int] = mapped_column(default=100)
    never_promote: Mapped[bool] = mapped_column(default=False)
    maintenance: Mapped[bool] = mapped_column(default=False)
    location: Mapped[dict[str, object] | None] = mapped_column(JSON)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    next_secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    next_secret_sealed: Mapped[str | None] = mapped_column(String(400))
    next_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("account_id", "hostname"),
        CheckConstraint("linux_family IN ('debian', 'rhel')", name="linux_family"),
        Index("ix_members_hostname", "hostname"),
    )


class DirectoryRevision(Base):
    """One row: a number that grows with every change that intake must know of (credentials, roles, probes)."""

    __tablename__ = "directory_revision"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    revision: Mapped[int] = mapped_column(default=0)
    # Grows when the database was restored from a backup: agents refuse jobs of a lower one.
    generation: Mapped[int] = mapped_column(default=1)
