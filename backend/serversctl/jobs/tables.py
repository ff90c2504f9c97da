"""Jobs, their attempts, logs, the evidence that arrived late, and the leases that keep two jobs apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id
from .rules import State

_STATES = ", ".join(f"'{state}'" for state in State)


class Job(Base):
    """One order. The command's traits are copied from the catalogue, so that a later release cannot change them."""

    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    command: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    danger: Mapped[str] = mapped_column(String(12))
    runs_on: Mapped[str] = mapped_column(String(16))
    idempotent: Mapped[bool]
    stops_haproxy: Mapped[bool]
    resource: Mapped[str | None] = mapped_column(String(32))
    timeout_sec: Mapped[int]
    max_attempts: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    attempt: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    heard: Mapped[bool] = mapped_column(default=False)
    deliveries: Mapped[int] = mapped_column(default=0)
    same_attempt: Mapped[bool] = mapped_column(default=False)
    generation: Mapped[int]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    # All three by the database's clock.
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    requested_by: Mapped[dict[str, Any]] = mapped_column(JSON)
    requested_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    percent: Mapped[float | None]
    step: Mapped[str | None] = mapped_column(String(200))
    error: Mapped[str | None] = mapped_column(Text)
    exit_code: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    log_size_bytes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("account_id", "idempotency_key"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index("ix_jobs_member_state", "member_id", "state"),
        Index("ix_jobs_account_created", "account_id", "created_at"),
        Index("ix_jobs_member_created", "member_id", "created_at"),
        Index("ix_jobs_state_lease", "state", "lease_until"),
        Index("ix_jobs_ended", "ended_at"),
    )


class JobAttempt(Base):
    """One time that a job was given out, and the first completion that came for it."""

    __tablename__ = "job_attempts"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(12))
    report_digest: Mapped[str | None] = mapped_column(String(64))


class JobEvidence(Base):
    """A completion that changed nothing: late, or different from the first. Kept for whoever asks why."""

    __tablename__ = "job_evidence"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobLog(Base):
    """The output that is shown: its head and its tail."""

    __tablename__ = "job_logs"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class JobCargo(Base):
    """A file that travels with a job: `in` to the agent, `out` from it. Sealed, bound to the job, and not kept long."""

    __tablename__ = "job_cargo"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    direction: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (CheckConstraint("direction IN ('in', 'out')", name="direction"),)


class ResourceLease(Base):
    """What a running job has for itself on its member: the primary key keeps a second one out."""

    __tablename__ = "job_resource_leases"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    resource: Mapped[str] = mapped_column(String(32), primary_key=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]


class JobStop(Base):
    """The stop switch of one account: while the row is there, nothing is ordered and nothing starts."""

    __tablename__ = "job_stops"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    stopped_by: Mapped[str] = mapped_column(String(254))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
