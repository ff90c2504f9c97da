"""What people do to a job that exists: cancel it, decide about one nobody knows the outcome of, hold all."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import SYSTEM, Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ..rules import Choice, State, Verdict, after_cancel, after_choice
from ..tables import Job
from .ending import move
from .standing import standing_of


def cancel(session: Session, job: Job, actor: Actor) -> Job:
    """At once while pending; while running the agent is told and says how it ended. Conflict when it is over."""
    verdict = after_cancel(standing_of(job))
    if verdict is None:
        fix = "resolve it instead" if job.state == State.UNKNOWN else "there is nothing left to cancel"
        raise Conflict("job_not_cancellable", f"The job is {job.state}: {fix}.", extra={"state": job.state})
    now = database_now(session)
    if verdict.state is State.RUNNING:
        job.cancel_requested = True
        session.flush()
    elif not move(session, job, verdict, now):
        raise Conflict("job_moved_on", "The job changed meanwhile: look again.")
    audit.record(
        session, actor, "job.cancel", account_id=job.account_id, target_type="job", target_id=job.id,
        details={"command": job.command, "state": job.state},
    )  # fmt: skip
    return job


def resolve(session: Session, job: Job, choice: Choice, actor: Actor) -> Job:
    """An operator looked at the host and decides: run it again, or call it failed."""
    verdict = after_choice(standing_of(job), choice)
    if verdict is None:
        raise Conflict(
            "job_not_open", f"The job is {job.state}: only unknown and held jobs wait for a decision.",
            extra={"state": job.state},
        )  # fmt: skip
    if not move(session, job, verdict, database_now(session)):
        raise Conflict("job_moved_on", "The job changed meanwhile: look again.")
    audit.record(
        session, actor, "job.resolve", account_id=job.account_id, target_type="job", target_id=job.id,
        details={"command": job.command, "choice": choice.value},
    )  # fmt: skip
    return job


def hold_open(session: Session, reason: str) -> int:
    """After a restore from an old backup: nothing that was open then may run now without an operator."""
    now = database_now(session)
    held = 0
    verdict = Verdict(State.HELD, reason)
    for job in session.scalars(select(Job).where(Job.state.in_([State.PENDING, State.RUNNING]))).all():
        held += move(session, job, verdict, now)
    audit.record(
        session, SYSTEM, "job.hold_open", account_id=None, target_type="installation", target_id=None,
        details={"held": held, "reason": reason},
    )  # fmt: skip
    return held
