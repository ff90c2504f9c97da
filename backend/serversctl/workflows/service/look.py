"""Reading workflows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, or_, select
from sqlalchemy.orm import Session

from ...identity.tenancy import owned
from ...kernel.db import database_now
from ...kernel.errors import NotFound
from ...kernel.paging import Page, decode, encode
from ..rules import ENDED, OPEN
from ..tables import Workflow, WorkflowStep

KEPT = timedelta(days=90)


def locked(session: Session, flow_id: UUID) -> Workflow | None:
    """The row as it is now, ours until the transaction ends."""
    return session.scalar(
        select(Workflow).where(Workflow.id == flow_id).with_for_update().execution_options(populate_existing=True)
    )


def flow_of_account(session: Session, account_id: UUID, flow_id: UUID, *, lock: bool = False) -> Workflow:
    try:
        return owned(session, Workflow, flow_id, account_id, lock=lock)
    except NotFound:
        raise NotFound("workflow_not_found", "There is no such workflow.") from None


def steps_of(session: Session, flow_id: UUID) -> Sequence[WorkflowStep]:
    return session.scalars(
        select(WorkflowStep)
        .where(WorkflowStep.workflow_id == flow_id)
        .order_by(WorkflowStep.position)
        .execution_options(populate_existing=True)
    ).all()


def by_ids(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[WorkflowStep]]:
    """The steps of several workflows in one question."""
    found: dict[UUID, list[WorkflowStep]] = {flow_id: [] for flow_id in ids}
    wanted = select(WorkflowStep).where(WorkflowStep.workflow_id.in_(list(found)))
    for step in session.scalars(wanted.order_by(WorkflowStep.workflow_id, WorkflowStep.position)):
        found[step.workflow_id].append(step)
    return found


def of_job(session: Session, job_id: UUID) -> UUID | None:
    """The workflow whose step this job does, or takes back."""
    return session.scalar(
        select(WorkflowStep.workflow_id).where(or_(WorkflowStep.job_id == job_id, WorkflowStep.undo_job_id == job_id))
    )


def open_ids(session: Session) -> Sequence[UUID]:
    return session.scalars(
        select(Workflow.id).where(Workflow.state.in_([state.value for state in OPEN])).order_by(Workflow.created_at)
    ).all()


def latest_of_kind(session: Session, member_id: UUID, kinds: Sequence[str]) -> dict[str, Workflow]:
    """The newest workflow of each kind about this member."""
    found: dict[str, Workflow] = {}
    wanted = select(Workflow).where(Workflow.member_id == member_id, Workflow.kind.in_(kinds))
    for flow in session.scalars(wanted.order_by(Workflow.created_at.desc()).limit(500)):
        found.setdefault(flow.kind, flow)
    return found


def page(
    session: Session,
    account_id: UUID,
    *,
    limit: int,
    cursor: str | None,
    pool_id: UUID | None = None,
    member_id: UUID | None = None,
    kind: str | None = None,
    state: str | None = None,
) -> Page[Workflow]:
    """Newest first."""
    wanted = select(Workflow).where(Workflow.account_id == account_id)
    filters: dict[Any, Any] = {
        Workflow.pool_id: pool_id, Workflow.member_id: member_id, Workflow.kind: kind, Workflow.state: state,
    }  # fmt: skip
    for column, value in filters.items():
        if value is not None:
            wanted = wanted.where(column == value)
    after = decode(cursor, 2)
    if after:
        at, last = _cursor_key(after)
        wanted = wanted.where(or_(Workflow.created_at < at, and_(Workflow.created_at == at, Workflow.id < last)))
    rows = session.scalars(wanted.order_by(Workflow.created_at.desc(), Workflow.id.desc()).limit(limit + 1)).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode(more.created_at.isoformat(), str(more.id)) if more else None)


def _cursor_key(key: list[Any]) -> tuple[datetime, UUID]:
    try:
        at = datetime.fromisoformat(str(key[0]))
        if at.tzinfo is None:
            raise ValueError(at)
        return at, UUID(str(key[1]))
    except ValueError:
        decode("broken", 2)
        raise


def forget_old(session: Session) -> int:
    """Workflows are kept for 90 days after their end."""
    gone = session.execute(
        delete(Workflow).where(
            Workflow.state.in_([state.value for state in ENDED]), Workflow.ended_at < database_now(session) - KEPT
        )
    )
    assert isinstance(gone, CursorResult)  # noqa: S101
    return int(gone.rowcount)
