"""Complete: how an attempt ended. Idempotent on (job, attempt); the first report stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ..logs import plain, plain_json
from ..rules import Ending, Kind, State, after_report, kind_of_report
from ..tables import Job, JobAttempt, JobEvidence
from .ending import move
from .look import job_of_member
from .progressing import keep_log
from .standing import standing_of

RESULT_MAX_BYTES = 64 * 1024
ERROR_MAX_CHARS = 4000
EVIDENCE_PER_JOB = 20


@dataclass(frozen=True, slots=True)
class Report:
    """How an attempt ended, as the agent tells it."""

    ending: Ending
    exit_code: int | None = None
    error: str | None = None
    result: Mapping[str, Any] | None = None
    log: str | None = None
    log_size_bytes: int | None = None

    def digest(self) -> str:
        """The same completion has the same digest, however often it is sent."""
        told = [self.ending.value, self.exit_code, self.error, self.result, self.log]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a completion. A conflict is stored as evidence before it is refused: commit it."""

    kind: Kind
    job: Job


def complete(session: Session, job_id: UUID, member_id: UUID | None, attempt: int | None, report: Report) -> Receipt:
    """Record how an attempt ended. Idempotent on (job, attempt); the first report stands."""
    job = job_of_member(session, job_id, member_id)
    attempt = job.attempt if attempt is None else attempt
    row = session.get(JobAttempt, (job.id, attempt))
    digest = report.digest()
    kind = kind_of_report(standing_of(job), attempt, row.report_digest if row else None, digest)
    if kind is Kind.UNHEARD_OF or row is None:
        raise Conflict("attempt_unknown", f"Attempt {attempt} of this job was never given out: claim it first.")
    if kind is Kind.SAME:
        return Receipt(kind, job)
    now = database_now(session)
    if kind is Kind.ACCEPT and _accept(session, job, row, report, now):
        row.report_digest = digest
        return Receipt(kind, job)
    if kind is not Kind.CONFLICT:
        kind = Kind.EVIDENCE
        row.report_digest = digest
    _keep_evidence(session, job, report, attempt=attempt, kind=kind, now=now)
    return Receipt(kind, job)


def _accept(session: Session, job: Job, row: JobAttempt, report: Report, now: datetime) -> bool:
    verdict = after_report(standing_of(job), report.ending)
    if not move(session, job, verdict, now):
        return False
    row.outcome, row.ended_at = job.state, now
    job.exit_code = report.exit_code
    job.result = bounded_result(report.result)
    if report.error and not verdict.reason:
        job.error = plain(report.error)[:ERROR_MAX_CHARS]
    elif verdict.state is State.COMPLETED:
        job.error, job.percent = None, 100.0
    if report.log is not None:
        keep_log(session, job, plain(report.log), whole=True)
    if report.log_size_bytes is not None:
        job.log_size_bytes = max(job.log_size_bytes, report.log_size_bytes)
    session.flush()
    return True


def bounded_result(result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A result that fits. Too large a one is left out and said so: the outcome of the job counts more."""
    if result is None:
        return None
    value = plain_json(dict(result))
    size = len(json.dumps(value))
    if size > RESULT_MAX_BYTES:
        return {"leftOut": f"The result has {size} bytes; {RESULT_MAX_BYTES} are kept."}
    assert isinstance(value, dict)  # noqa: S101
    return value


def _keep_evidence(session: Session, job: Job, report: Report, *, attempt: int, kind: Kind, now: datetime) -> None:
    kept = session.scalar(select(func.count()).where(JobEvidence.job_id == job.id)) or 0
    if kept >= EVIDENCE_PER_JOB:
        return
    told = {
        "status": report.ending.value,
        "exitCode": report.exit_code,
        "error": plain(report.error)[:ERROR_MAX_CHARS] if report.error else None,
        "result": bounded_result(report.result),
    }
    session.add(JobEvidence(job_id=job.id, attempt=attempt, kind=kind.value, report=told, at=now))
    session.flush()
    if kind is Kind.CONFLICT:
        audit.record(
            session,
            Actor("member", job.member_id, "agent"),
            "job.conflicting_report",
            account_id=job.account_id,
            target_type="job",
            target_id=job.id,
            details={"attempt": attempt, "state": job.state, "told": told["status"]},
        )
