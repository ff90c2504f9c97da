"""The pool row. `active_member_id` and `epoch` change together, by compare-and-set only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id

TEMPLATES = ("haproxy", "generic")


class Pool(Base):
    """One deployment ("site")."""

    __tablename__ = "pools"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    template: Mapped[str] = mapped_column(String(16))
    # No foreign key: members refer to pools, and a removed member must not block the pool's row.
    active_member_id: Mapped[UUID | None] = mapped_column(Uuid)
    active_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("template IN ('haproxy', 'generic')", name="template"),)
