"""Cargo: files and secrets that are too large or too private for a job's parameters and result."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.errors import Conflict, Invalid, NotFound
from ...kernel.sealed import Sealer
from ..rules import State
from ..tables import Job, JobCargo

PIECE_MAX_BYTES = 4 << 20
PIECES_MAX = 16
# Whoever ordered the job reads its output when it ends; what nobody fetched by then is nobody's.
OUTPUT_KEPT_HOURS = 24
NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
IN, OUT = "in", "out"


def _context(job_id: UUID, direction: str, name: str) -> str:
    return f"job_cargo:{job_id}:{direction}:{name}"


def attach(session: Session, sealer: Sealer, job: Job, inputs: Mapping[str, bytes]) -> None:
    """Store what the agent may fetch while it runs the job. Raises Invalid beyond the limits."""
    if len(inputs) > PIECES_MAX:
        raise Invalid("cargo_too_large", f"A job carries at most {PIECES_MAX} files.")
    for name, data in inputs.items():
        _put(session, sealer, job, IN, name=name, data=data)


def inputs_of(session: Session, job_id: UUID) -> dict[str, dict[str, object]]:
    """What the sealed order says of the inputs: name → sha256 and sizeBytes."""
    rows = session.execute(
        select(JobCargo.name, JobCargo.sha256, JobCargo.size_bytes)
        .where(JobCargo.job_id == job_id, JobCargo.direction == IN)
        .order_by(JobCargo.name)
    )
    return {row.name: {"sha256": row.sha256, "sizeBytes": row.size_bytes} for row in rows}


def input_for_agent(session: Session, sealer: Sealer, job: Job, attempt: int, name: str) -> bytes:
    """One input of the attempt that runs now. Raises Conflict `attempt_over`, NotFound."""
    refuse_when_over(job, attempt)
    return _get(session, sealer, job.id, IN, name)


def keep_output(
    session: Session, sealer: Sealer, job: Job, *, attempt: int, name: str, data: bytes, sha256: str
) -> None:
    """Store what the running attempt hands over; the same name again replaces it.

    Raises Conflict `attempt_over`, Invalid for a wrong digest, a bad name or too much.
    """
    refuse_when_over(job, attempt)
    if hashlib.sha256(data).hexdigest() != sha256.lower():
        raise Invalid("digest_mismatch", "The body is not what its SHA-256 says: send it again.")
    known = set(session.scalars(select(JobCargo.name).where(JobCargo.job_id == job.id, JobCargo.direction == OUT)))
    if len(known | {name}) > PIECES_MAX:
        raise Invalid("cargo_too_large", f"A job hands over at most {PIECES_MAX} files.")
    session.execute(delete(JobCargo).where(JobCargo.job_id == job.id, JobCargo.direction == OUT, JobCargo.name == name))
    _put(session, sealer, job, OUT, name=name, data=data)


def output_of(session: Session, sealer: Sealer, job_id: UUID, name: str) -> bytes | None:
    """What a job handed over, or None: it never did, or it was forgotten a day after."""
    try:
        return _get(session, sealer, job_id, OUT, name)
    except NotFound:
        return None


def forget_cargo(session: Session) -> None:
    """Inputs go when their job has ended (see `ending.move`), outputs a day after they came."""
    limit = database_now(session) - timedelta(hours=OUTPUT_KEPT_HOURS)
    ended = select(Job.id).where(Job.id == JobCargo.job_id, Job.ended_at < limit).exists()
    session.execute(delete(JobCargo).where(JobCargo.created_at < limit, ended))


def refuse_when_over(job: Job, attempt: int) -> None:
    if job.state != State.RUNNING or job.attempt != attempt:
        raise Conflict("attempt_over", f"Attempt {attempt} of this job does not run: the job is {job.state}.")


def _put(session: Session, sealer: Sealer, job: Job, direction: str, *, name: str, data: bytes) -> None:
    if not NAME.fullmatch(name):
        raise Invalid("cargo_name", "Name a file with 1 to 64 small letters, digits, dots, dashes or underscores.")
    if len(data) > PIECE_MAX_BYTES:
        raise Invalid("cargo_too_large", f"{name} has {len(data)} bytes; a job carries {PIECE_MAX_BYTES} at most.")
    session.add(
        JobCargo(
            job_id=job.id,
            direction=direction,
            name=name,
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            sealed=sealer.seal_bytes(data, _context(job.id, direction, name)),
            created_at=database_now(session),
        )
    )
    session.flush()


def _get(session: Session, sealer: Sealer, job_id: UUID, direction: str, name: str) -> bytes:
    row = session.get(JobCargo, (job_id, direction, name))
    if row is None:
        raise NotFound("cargo_not_found", "This job has no such file.")
    return sealer.open_bytes(row.sealed, _context(job_id, direction, name))
