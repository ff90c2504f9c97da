"""Looking at what is live on a host: the first look is an import, a later one that differs is drift."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy.orm import Session

from ...identity.audit import SYSTEM, Actor
from ...jobs import service as jobs
from ...jobs.catalogue import Command
from ...jobs.ports import MemberFacts
from ...jobs.tables import Job
from ...kernel import outbox
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ...kernel.sealed import Sealer
from ...members.tables import Member
from ...pools.tables import Pool
from ..rules import File
from ..tables import HaproxyVersion
from .versions import current_of, member_row, unpack, write


def order_look(session: Session, member: Member, *, command: Command, facts: MemberFacts | None, actor: Actor) -> Job:
    """Order `haproxy.config_read`."""
    row = member_row(session, member, lock=True)
    known = jobs.get_job(session, row.look_job_id) if row.look_job_id else None
    if known is not None and known.state in {"pending", "running"}:
        return known
    job = jobs.order(
        session, command=command, params={}, actor=actor, pool=session.get_one(Pool, member.pool_id), member=member,
        facts=facts,
    ).job  # fmt: skip
    row.look_job_id = job.id
    return job


def record_look(session: Session, sealer: Sealer, job_id: UUID) -> None:
    """The read of a configuration ended well: keep it. The first one becomes version 1."""
    job = jobs.get_job(session, job_id)
    member = session.get(Member, job.member_id) if job and job.member_id else None
    if job is None or member is None:
        return
    data = jobs.output_of(session, sealer, job_id, "config")
    if data is None:
        return
    fingerprint = str(json.loads(data)["fingerprint"])
    row = member_row(session, member, lock=True)
    row.looked_at = database_now(session)
    current = current_of(session, member)
    if current is None:
        by = job.requested_by
        actor = Actor(by["kind"], UUID(by["id"]) if by.get("id") else None, by["name"])
        write(
            session, sealer, member, unpack(data), origin="imported", actor=actor, state="applied",
            reason="Imported from the host", fingerprint=fingerprint,
        )  # fmt: skip
        return
    same = current.fingerprint == fingerprint
    row.found = None if same else sealer.seal_bytes(data, f"haproxy_found:{member.id}")
    row.found_fingerprint = None if same else fingerprint
    outbox.emit(
        session, "haproxy.looked", account_id=member.account_id, pool_id=member.pool_id, member_id=member.id,
        payload={"fingerprint": fingerprint, "same": same},
    )  # fmt: skip


def found_of(session: Session, sealer: Sealer, member: Member) -> list[File] | None:
    """What the last look found, when it is not the current version."""
    row = member_row(session, member)
    return unpack(sealer.open_bytes(row.found, f"haproxy_found:{member.id}")) if row.found else None


def adopt(session: Session, sealer: Sealer, member: Member, *, reason: str, actor: Actor = SYSTEM) -> HaproxyVersion:
    """Make what is live the current version. Raises Conflict `nothing_to_adopt` when the last look found no difference."""
    row = member_row(session, member, lock=True)
    files = found_of(session, sealer, member)
    if files is None:
        raise Conflict("nothing_to_adopt", "The last look at the host found nothing that differs: look again first.")
    return write(
        session, sealer, member, files, origin="adopted", actor=actor, state="applied",
        reason=reason or "Taken over from the host", base_id=row.current_id, fingerprint=row.found_fingerprint,
    )  # fmt: skip
