"""A rotated secret travels to its member as a job; the secret itself is filled in when the agent claims it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from ..identity.audit import SYSTEM
from ..kernel.errors import Conflict
from ..kernel.outbox import OutboxEvent
from ..kernel.sealed import Sealer
from ..members.service import pending_secret
from ..members.tables import Member
from ..pools.tables import Pool
from . import service
from .catalogue import Catalogue
from .seasoning import seasons
from .tables import Job

ROTATE = "agent.rotate_secret"
NOTHING_PENDING = (
    "No new secret waits for this member: rotate it at /api/members/{memberId}/rotate-secret, which orders this job."
)


def refuse_without_secret(session: Session, sealer: Sealer, command_id: str, member: Member) -> None:
    """Such a job makes sense only while a new secret waits."""
    if command_id == ROTATE and pending_secret(session, member, sealer) is None:
        raise Conflict("no_pending_secret", NOTHING_PENDING)


@seasons(ROTATE)
def waiting_secret(session: Session, sealer: Sealer, _job: Job, member: Member) -> dict[str, Any]:
    """The new secret itself. Raises Conflict when it is gone."""
    secret = pending_secret(session, member, sealer)
    if secret is None:
        raise Conflict("no_pending_secret", NOTHING_PENDING)
    return {"newSecret": secret}


def order_after(session: Session, catalogue: Catalogue, event: OutboxEvent) -> Job | None:
    """Order the job for a rotation. A member that was never heard gets its new secret by hand."""
    member = session.get(Member, event.member_id)
    if member is None or member.first_seen_at is None:
        return None
    ordered = service.order(
        session,
        command=catalogue.find(ROTATE),
        params={},
        actor=SYSTEM,
        pool=session.get_one(Pool, member.pool_id),
        member=member,
        idempotency_key=f"rotation-{event.id}",
    )
    return ordered.job
