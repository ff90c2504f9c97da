"""Read, change and remove members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.tenancy import owned
from ...kernel.errors import Conflict
from ...kernel.outbox import emit
from ...pools.tables import Pool
from .. import rules
from ..tables import Member
from .directory import touch_directory
from .enrolling import refuse_double

CHANGEABLE = (
    "hostname", "display_name", "template", "linux_family", "allowed_ips", "public_ips", "priority", "never_promote",
    "maintenance", "location",
)  # fmt: skip


def get_member(session: Session, account_id: UUID, member_id: UUID, *, lock: bool = False) -> Member:
    return owned(session, Member, member_id, account_id, lock=lock)


def update_member(
    session: Session,
    member: Member,
    by: audit.Actor,
    changes: dict[str, Any],
    *,
    live_source: str | None = None,
    confirmed: bool = False,
) -> Member:
    """Change some fields. `live_source` is where the member speaks from now: shutting that out asks for a yes."""
    pool = session.get_one(Pool, member.pool_id)
    wanted = {name: value for name, value in changes.items() if name in CHANGEABLE}
    if "hostname" in wanted:
        wanted["hostname"] = rules.clean_hostname(wanted["hostname"])
        refuse_double(session, pool, wanted["hostname"], but=member)
    if "display_name" in wanted:
        wanted["display_name"] = rules.clean_name(wanted["display_name"], "displayName", 120)
    if "public_ips" in wanted:
        wanted["public_ips"] = rules.clean_addresses(wanted["public_ips"])
    if "allowed_ips" in wanted:
        wanted["allowed_ips"] = rules.clean_sources(wanted["allowed_ips"])
        if live_source is not None and not confirmed and not rules.allows(wanted["allowed_ips"], live_source):
            raise Conflict(
                "live_source_excluded",
                f"{member.hostname} speaks from {live_source} now, which this list would shut out: "
                "add it, or confirm with `confirm: true`.",
                errors={"allowedIps": [f"{live_source} is in use and not in the list."]},
                extra={"liveSource": live_source},
            )
    before = {name: getattr(member, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if not changed:
        return member
    for name, value in changed.items():
        setattr(member, name, value)
    session.flush()
    touch_directory(session)
    details = {name: {"before": before[name], "after": value} for name, value in changed.items()}
    audit.record(
        session, by, "member.updated", account_id=member.account_id, target_type="member", target_id=member.id,
        details=details,
    )  # fmt: skip
    emit(
        session, "member.updated", account_id=member.account_id, pool_id=member.pool_id, member_id=member.id,
        payload={"fields": sorted(changed)},
    )  # fmt: skip
    return member


def delete_member(session: Session, member: Member, by: audit.Actor, *, confirm: str | None) -> None:
    """Detach a member. The active one only with its host name typed; it stops being believed within 2 s."""
    pool = session.get_one(Pool, member.pool_id)
    if pool.active_member_id == member.id and (confirm or "").strip().lower() != member.hostname:
        raise Conflict(
            "member_is_active",
            f"{member.hostname} is the active member: make another one active first, or confirm with its host name.",
            errors={"confirm": [f"Type {member.hostname}."]},
        )
    told = {"hostname": member.hostname, "poolId": str(pool.id)}
    audit.record(
        session, by, "member.deleted", account_id=member.account_id, target_type="member", target_id=member.id,
        details=told,
    )  # fmt: skip
    emit(session, "member.deleted", account_id=member.account_id, pool_id=pool.id, member_id=member.id, payload=told)
    session.delete(member)
    session.flush()
    touch_directory(session)
