"""Accounts at certificate authorities, certificates, their open orders, proofs placed in DNS, and installs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id

INSTALL_STATES = ("waiting", "ordered", "installed", "failed")


class AcmeAccount(Base):
    """This installation at one certificate authority. `url` is empty until the authority knows the key."""

    __tablename__ = "acme_accounts"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    directory_url: Mapped[str] = mapped_column(String(500), unique=True)
    key_sealed: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Certificate(Base):
    """One certificate of a pool. `hostname` is its first name and the name of its file on the members."""

    __tablename__ = "certificates"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    # Set: for the services of this one host. Not set: for HAProxy on every member.
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    hostname: Mapped[str] = mapped_column(String(253))
    names: Mapped[list[str]] = mapped_column(JSON)
    # The present certificate: leaf and issuers in PEM, and its sealed key. None before the first one.
    chain_pem: Mapped[str | None] = mapped_column(Text)
    key_sealed: Mapped[str | None] = mapped_column(Text)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    serial: Mapped[str | None] = mapped_column(String(64))
    issuer: Mapped[str | None] = mapped_column(String(300))
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When the renewal is ordered by itself: two thirds of life, or after a failure its next try.
    next_renewal_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The authority asked us to wait: nobody asks it again for this certificate before then.
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_error_code: Mapped[str] = mapped_column(String(64), default="")
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The job that issued it last, or failed to: a job that runs again does not try twice.
    tried_job_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("pool_id", "hostname"), Index("ix_certificates_renewal", "next_renewal_at"))


class CertificateOrder(Base):
    """The open order of a certificate: what a crash must not lose. Gone when the certificate is there or given up.

    `job_id` has it until `claimed_until` (the database's clock); `key_sealed` is the key of the certificate to come.
    """

    __tablename__ = "certificate_orders"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificates.id", ondelete="CASCADE"), primary_key=True)
    job_id: Mapped[UUID] = mapped_column(Uuid)
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_until: Mapped[datetime] = mapped_column(UtcDateTime)
    # How often the authority had forgotten it.
    restarts: Mapped[int] = mapped_column(default=0)
    names: Mapped[list[str]] = mapped_column(JSON)
    key_sealed: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(String(500), default="")
    # Since when we wait for the name servers, and for the authority's verdict.
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ChallengeText(Base):
    """A TXT value that we put, or were about to put, into DNS. The row goes when the value is gone."""

    __tablename__ = "certificate_texts"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    # No foreign keys: the value has to be taken away also when its certificate or its key's row is gone.
    certificate_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    credential_id: Mapped[UUID] = mapped_column(Uuid)
    zone: Mapped[str] = mapped_column(String(253))
    zone_ref: Mapped[str] = mapped_column(String(300))
    name: Mapped[str] = mapped_column(String(253))
    value: Mapped[str] = mapped_column(String(255))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)

    __table_args__ = (UniqueConstraint("certificate_id", "name", "value"),)


class CertificateInstall(Base):
    """A certificate on one member. `fingerprint` is what was last ordered or found there."""

    __tablename__ = "certificate_installs"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificates.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    job_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    # Does HAProxy's configuration name the file? None: not known yet.
    in_use: Mapped[bool | None]
    detail: Mapped[str] = mapped_column(Text, default="")
    failures: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("state IN ('waiting', 'ordered', 'installed', 'failed')", name="state"),)
