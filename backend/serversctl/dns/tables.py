"""Provider credentials, the name that a pool owns, what was found there and what we wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id

SCOPES = ("dns", "account")
STATES = ("unknown", "in_sync", "drift", "conflict", "error")
COLOURS = ("green", "amber", "red")


class ProviderCredential(Base):
    """A saved key of a DNS provider. `config` holds plain fields, `sealed` each secret bound to this row."""

    __tablename__ = "provider_credentials"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(120))
    scope: Mapped[str] = mapped_column(String(16), default="dns")
    is_global: Mapped[bool] = mapped_column(default=False)
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[dict[str, str]] = mapped_column(JSON)
    # The last four characters of each secret: enough to tell two keys apart, useless to a thief.
    hints: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    test_report: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    __table_args__ = (
        UniqueConstraint("account_id", "name"),
        CheckConstraint("scope IN ('dns', 'account')", name="scope"),
        Index(
            "uq_provider_credentials_global",
            "account_id",
            unique=True,
            sqlite_where=text("is_global"),
            postgresql_where=text("is_global"),
        ),
    )


class PoolDns(Base):
    """The one name of a pool. `wanted` is what was last ordered, `owned` which records we wrote there."""

    __tablename__ = "pool_dns"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), unique=True)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("provider_credentials.id", ondelete="RESTRICT"), index=True)
    zone: Mapped[str] = mapped_column(String(253))
    zone_ref: Mapped[str | None] = mapped_column(String(300))
    label: Mapped[str] = mapped_column(String(253))
    fqdn: Mapped[str] = mapped_column(String(253))
    ttl: Mapped[int]
    proxied: Mapped[bool] = mapped_column(default=False)
    dynamic_sync: Mapped[bool] = mapped_column(default=False)
    internal: Mapped[bool] = mapped_column(default=False)
    adopted: Mapped[bool] = mapped_column(default=False)
    owned: Mapped[list[str]] = mapped_column(JSON, default=list)
    wanted: Mapped[dict[str, list[str]] | None] = mapped_column(JSON)
    observed: Mapped[dict[str, list[str]] | None] = mapped_column(JSON)
    observed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified: Mapped[bool | None]
    state: Mapped[str] = mapped_column(String(16), default="unknown")
    detail: Mapped[str] = mapped_column(Text, default="")
    # The newest row of dns_preflights, here too because every decider tick asks for it.
    preflight_colour: Mapped[str | None] = mapped_column(String(8))
    preflight_detail: Mapped[str] = mapped_column(Text, default="")
    preflight_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        # Two pools at one name would fight for ever.
        UniqueConstraint("account_id", "fqdn"),
        CheckConstraint("state IN ('unknown', 'in_sync', 'drift', 'conflict', 'error')", name="state"),
    )


class DnsWrite(Base):
    """One record that we wrote; the newest WRITES_KEPT of a pool are kept."""

    __tablename__ = "dns_write_log"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    fqdn: Mapped[str] = mapped_column(String(253))
    kind: Mapped[str] = mapped_column(String(8))
    type: Mapped[str] = mapped_column(String(16))
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str | None] = mapped_column(Text)
    certain: Mapped[bool]
    # A steady check put back what somebody changed by hand.
    restored: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_dns_write_log_pool_at", "pool_id", "at"),)


class DnsPreflight(Base):
    """One look at a pool's way to its provider; the newest PREFLIGHTS_KEPT are kept."""

    __tablename__ = "dns_preflights"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    colour: Mapped[str] = mapped_column(String(8))
    wrote: Mapped[bool] = mapped_column(default=False)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    __table_args__ = (
        CheckConstraint("colour IN ('green', 'amber', 'red')", name="colour"),
        Index("ix_dns_preflights_pool_at", "pool_id", "at"),
    )


class DnsBudget(Base):
    """The token bucket of one credential: requests left, and since when; blocked while the provider says wait."""

    __tablename__ = "dns_budgets"

    credential_id: Mapped[UUID] = mapped_column(
        ForeignKey("provider_credentials.id", ondelete="CASCADE"), primary_key=True
    )
    tokens: Mapped[float]
    filled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
