"""Making a job: everything that can be refused is refused here, before an agent hears of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict, Invalid, TooMany
from ...kernel.sealed import Sealer
from ...members.tables import DirectoryRevision, Member
from ...pools.tables import Pool
from ..catalogue import AGENT, Command
from ..fit import misfit
from ..ports import MemberFacts
from ..rules import OPEN, Danger, State
from ..tables import Job
from .cargo import attach
from .ending import tell
from .stopping import refuse_when_stopped

PARAMS_MAX_BYTES = 32 * 1024
OPEN_PER_MEMBER = 50
# (orders, seconds) by one person and in one account, for ordinary and for dangerous commands.
PERSON_LIMIT, ACCOUNT_LIMIT = (60, 60), (600, 60)
PERSON_DANGEROUS_LIMIT, ACCOUNT_DANGEROUS_LIMIT = (10, 600), (30, 600)


@dataclass(frozen=True, slots=True)
class Ordered:
    """The job, and whether this call made it (an idempotency key may name an older one)."""

    job: Job
    created: bool


def order(
    session: Session,
    *,
    command: Command,
    params: Mapping[str, Any],
    actor: Actor,
    pool: Pool,
    member: Member | None,
    facts: MemberFacts | None = None,
    idempotency_key: str | None = None,
    inputs: Mapping[str, bytes] | None = None,
    sealer: Sealer | None = None,
) -> Ordered:
    """Make a pending job for a member, or for a pool when the command runs in the control plane.

    `inputs` are files that the agent fetches while it runs the job (4 MiB each); `sealer` keeps them at rest.
    Raises Invalid (parameters, fit), Conflict (stop switch, key reused), TooMany (rates, queue length).
    """
    checked = command.check(params)
    if len(json.dumps(checked)) > PARAMS_MAX_BYTES:
        raise Invalid(
            "params_too_large", f"params: use at most {PARAMS_MAX_BYTES} bytes.", errors={"params": ["Too large."]}
        )
    if idempotency_key is not None:
        known = _ordered_before(session, pool.account_id, idempotency_key)
        if known is not None:
            return _same_order(known, command, checked, member, pool)
    if command.runs_on == AGENT:
        if member is None:
            raise Invalid("member_needed", f"{command.id} runs on a member: order it there.")
        wrong = misfit(command.id, command.applies, facts)
        if wrong:
            raise Conflict(*wrong)
    refuse_when_stopped(session, pool.account_id)
    now = database_now(session)
    _refuse_floods(session, command, actor, account_id=pool.account_id, member=member, now=now)
    job = _new_job(
        session, command, checked, actor=actor, pool=pool, member=member, idempotency_key=idempotency_key, now=now
    )
    try:
        with session.begin_nested():
            session.add(job)
            session.flush()
            if inputs:
                if sealer is None:
                    raise TypeError("inputs need a sealer")
                attach(session, sealer, job, inputs)
    except IntegrityError:
        known = _ordered_before(session, pool.account_id, idempotency_key or "")
        if known is None:
            raise
        return _same_order(known, command, checked, member, pool)
    audit.record(
        session,
        actor,
        "job.order",
        account_id=pool.account_id,
        target_type="job",
        target_id=job.id,
        details={
            "command": command.id,
            "params": checked,
            "poolId": str(pool.id),
            "memberId": str(member.id) if member else None,
        },
    )
    tell(session, job)
    return Ordered(job, created=True)


def _new_job(
    session: Session,
    command: Command,
    params: dict[str, Any],
    *,
    actor: Actor,
    pool: Pool,
    member: Member | None,
    idempotency_key: str | None,
    now: datetime,
) -> Job:
    return Job(
        account_id=pool.account_id,
        pool_id=pool.id,
        member_id=member.id if member else None,
        command=command.id,
        params=params,
        danger=command.danger.value,
        runs_on=command.runs_on,
        idempotent=command.idempotent,
        stops_haproxy=command.stops_haproxy,
        resource=command.resource if command.runs_on == AGENT else None,
        timeout_sec=command.timeout_sec,
        max_attempts=command.max_attempts,
        state=State.PENDING.value,
        attempt=0,
        generation=session.scalar(select(DirectoryRevision.generation)) or 1,
        idempotency_key=idempotency_key,
        requested_by={"kind": actor.kind, "id": str(actor.id) if actor.id else None, "name": actor.name},
        requested_by_id=actor.id,
        created_at=now,
    )


def _ordered_before(session: Session, account_id: UUID, key: str) -> Job | None:
    return session.scalar(select(Job).where(Job.account_id == account_id, Job.idempotency_key == key))


def _same_order(known: Job, command: Command, params: Mapping[str, Any], member: Member | None, pool: Pool) -> Ordered:
    same_place = known.pool_id == pool.id and known.member_id == (member.id if member else None)
    if known.command != command.id or known.params != dict(params) or not same_place:
        raise Conflict(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another order: send a new key.",
            extra={"jobId": str(known.id)},
        )
    return Ordered(known, created=False)


def _refuse_floods(
    session: Session, command: Command, actor: Actor, *, account_id: UUID, member: Member | None, now: datetime
) -> None:
    if member is not None:
        open_jobs = select(func.count()).where(Job.member_id == member.id, Job.state.in_([s.value for s in OPEN]))
        if (session.scalar(open_jobs) or 0) >= OPEN_PER_MEMBER:
            raise TooMany(
                "member_queue_full",
                f"{OPEN_PER_MEMBER} jobs wait on this member: cancel some, or wait for its agent.",
                retry_after_sec=60,
            )
    if actor.kind == "system":
        return
    dangerous = command.danger is Danger.DANGEROUS
    limits = [(PERSON_LIMIT, actor.id, False), (ACCOUNT_LIMIT, None, False)]
    if dangerous:
        limits += [(PERSON_DANGEROUS_LIMIT, actor.id, True), (ACCOUNT_DANGEROUS_LIMIT, None, True)]
    for (most, seconds), person, only_dangerous in limits:
        orders = select(func.count()).where(
            Job.account_id == account_id, Job.created_at > now - timedelta(seconds=seconds)
        )
        if person is not None:
            orders = orders.where(Job.requested_by_id == person)
        if only_dangerous:
            orders = orders.where(Job.danger == Danger.DANGEROUS)
        if (session.scalar(orders) or 0) >= most:
            what = "dangerous jobs" if only_dangerous else "jobs"
            whose = "you ordered" if person is not None else "your account ordered"
            raise TooMany(
                "job_rate_limited",
                f"{most} {what} in {seconds} s is the limit, and {whose} as many. Wait a little.",
                retry_after_sec=seconds,
            )
