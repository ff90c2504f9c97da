"""A version validated by the host's own HAProxy, away from the live files."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...identity.audit import Actor
from ...jobs import service as jobs
from ...jobs.catalogue import Command
from ...jobs.ports import MemberFacts
from ...jobs.tables import Job
from ...kernel.sealed import Sealer
from ...members.tables import Member
from ...pools.tables import Pool
from ..tables import HaproxyVersion
from .versions import files_of, pack, tell


def order_check(
    session: Session,
    sealer: Sealer,
    version: HaproxyVersion,
    *,
    command: Command,
    facts: MemberFacts | None,
    actor: Actor,
) -> Job:
    """Order `haproxy.config_check`; `record_check` keeps what comes of it."""
    member = session.get_one(Member, version.member_id)
    job = jobs.order(
        session, command=command, params={}, actor=actor, pool=session.get_one(Pool, member.pool_id), member=member,
        facts=facts, inputs={"config": pack(files_of(sealer, version))}, sealer=sealer,
    ).job  # fmt: skip
    version.check_job_id, version.check = job.id, None
    tell(session, version)
    return job


def record_check(session: Session, job_id: UUID) -> None:
    """The job of a check ended: keep its verdict with the version. Done twice it changes nothing."""
    version = session.scalar(select(HaproxyVersion).where(HaproxyVersion.check_job_id == job_id).with_for_update())
    job = jobs.get_job(session, job_id)
    if version is None or job is None:
        return
    if job.state == "completed" and job.result:
        version.check = {**job.result, "at": job.ended_at.isoformat() if job.ended_at else None}
    else:
        version.check = {"valid": None, "messages": [], "error": job.error or f"The job is {job.state}."}
    tell(session, version)
