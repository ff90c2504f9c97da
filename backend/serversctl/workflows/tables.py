"""Workflows and their steps. Everything that a worker needs to go on after a crash is in these rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..kernel.db import Base, UtcDateTime
from ..kernel.ids import new_id
from .rules import State, StepState

_STATES = ", ".join(f"'{state}'" for state in State)
_STEP_STATES = ", ".join(f"'{state}'" for state in StepState)


class Workflow(Base):
    """Ordered jobs for a pool or one of its members."""

    __tablename__ = "workflows"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    error: Mapped[str | None] = mapped_column(Text)
    dedupe_key: Mapped[str | None] = mapped_column(String(200))
    # The dedupe key while the workflow is open: the constraint keeps a second one out.
    open_key: Mapped[str | None] = mapped_column(String(240), unique=True)
    requested_by: Mapped[dict[str, Any]] = mapped_column(JSON)
    undo_requested_by: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index("ix_workflows_account_created", "account_id", "created_at"),
        Index("ix_workflows_state", "state"),
    )


class WorkflowStep(Base):
    """One step and the job that does it. `member_id` has no foreign key: a removed member fails the step in words."""

    __tablename__ = "workflow_steps"

    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    command: Mapped[str] = mapped_column(String(64))
    member_id: Mapped[UUID | None] = mapped_column(Uuid)
    note: Mapped[str] = mapped_column(Text, default="")
    undo_command: Mapped[str | None] = mapped_column(String(64))
    undo_params: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    no_undo_reason: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12))
    tries: Mapped[int] = mapped_column(default=0)
    undo_tries: Mapped[int] = mapped_column(default=0)
    job_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    undo_job_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("workflow_id", "key"),
        CheckConstraint(f"state IN ({_STEP_STATES})", name="state"),
    )
