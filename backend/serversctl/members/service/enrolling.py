"""Make a member and its enrolment secret, which is shown once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...identity import audit
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ...kernel.ids import new_secret_hex
from ...kernel.outbox import emit
from ...pools.tables import Pool
from .. import rules
from ..tables import Member
from .directory import touch_directory


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A member and the text of its secret: 48 hexadecimal characters, of which only the SHA-256 is kept."""

    member: Member
    secret: str


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create_member(
    session: Session,
    pool: Pool,
    by: audit.Actor,
    *,
    hostname: str,
    allowed_ips: Sequence[str],
    template: str,
    linux_family: str,
    display_name: str | None = None,
    public_ips: Sequence[str] = (),
    priority: int = 100,
    never_promote: bool = False,
    location: dict[str, Any] | None = None,
) -> Enrolled:
    """A member that may send heartbeats as soon as intake has read the directory (2 s at most)."""
    name = rules.clean_hostname(hostname)
    refuse_double(session, pool, name)
    secret = new_secret_hex()
    member = Member(
        account_id=pool.account_id,
        pool_id=pool.id,
        hostname=name,
        display_name=rules.clean_name(display_name or name, "displayName", 120),
        template=template,
        linux_family=linux_family,
        allowed_ips=rules.clean_sources(allowed_ips),
        public_ips=rules.clean_addresses(public_ips),
        priority=priority,
        never_promote=never_promote,
        location=location,
        secret_hash=hash_of(secret),
        created_at=database_now(session),
    )
    session.add(member)
    session.flush()
    touch_directory(session)
    told = {"hostname": name, "allowedIps": member.allowed_ips}
    audit.record(
        session,
        by,
        "member.created",
        account_id=pool.account_id,
        target_type="member",
        target_id=member.id,
        details=told,
    )
    emit(session, "member.created", account_id=pool.account_id, pool_id=pool.id, member_id=member.id, payload=told)
    return Enrolled(member, secret)


def refuse_double(session: Session, pool: Pool, hostname: str, but: Member | None = None) -> None:
    """Raises Conflict when the account has this host name already."""
    query = select(Member).where(Member.account_id == pool.account_id, Member.hostname == hostname)
    known = session.scalar(query if but is None else query.where(Member.id != but.id))
    if known is not None:
        raise Conflict(
            "hostname_taken",
            f"{hostname} is enrolled already: open that member, or remove it first.",
            errors={"hostname": ["Another member has this host name."]},
            extra={"memberId": str(known.id), "poolId": str(known.pool_id)},
        )
