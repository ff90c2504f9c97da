"""A command of the control plane that waits for somebody else gives its place back and is run again later."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ..logs import plain
from ..rules import State, Verdict
from .ending import move
from .look import get_job


def postpone(session: Session, job_id: UUID, attempt: int, *, step: str, retry_in_sec: int) -> bool:
    """Back to pending within the same attempt; a cancel that came meanwhile counts. False when it was moved on."""
    job = get_job(session, job_id)
    if job is None or job.state != State.RUNNING or job.attempt != attempt:
        return False
    now = database_now(session)
    if job.cancel_requested:
        return move(session, job, Verdict(State.CANCELLED), now)
    if not move(session, job, Verdict(State.PENDING, retry_in_sec=retry_in_sec, same_attempt=True), now):
        return False
    job.step = plain(step)[:200]
    session.flush()
    return True
