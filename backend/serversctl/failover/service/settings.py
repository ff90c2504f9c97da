"""A pool's failover settings: read with defaults, changed with checks, each change in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...heartbeats.service import set_pace, set_probes
from ...identity import audit
from ...identity.audit import Actor
from ...identity.editions import Gates
from ...kernel.db import database_now
from ...kernel.errors import Conflict, Forbidden, Invalid
from ...members.tables import Member
from ...pools.tables import Pool
from ..rules.timing import RECOVERY_DEFAULT_SEC
from ..tables import FailoverSettings
from .holding import acknowledge as lift_holds


def settings_of(session: Session, pool: Pool, gates: Gates, *, to_change: bool = False) -> FailoverSettings:
    """The row, made with the defaults of the plan when there is none yet. Not flushed by a mere look."""
    found = session.get(FailoverSettings, pool.id, with_for_update=to_change, populate_existing=to_change)
    if found is not None:
        return found
    recovery = max(RECOVERY_DEFAULT_SEC, gates.failover_delay_min_sec)
    return FailoverSettings(
        pool_id=pool.id, account_id=pool.account_id, auto=False, recovery_sec=recovery, probe_kind="none",
        probe_port=443, probe_path="/", probe_host_header=None, failback="manual", preferred_member_id=None,
        stable_sec=300, paused=False, paused_until=None, paused_reason="", banner_sec=7200, acknowledged_at=None,
        revision=0,
    )  # fmt: skip


def change_settings(
    session: Session, pool: Pool, changes: Mapping[str, Any], *, gates: Gates, by: Actor, read: int | None = None
) -> FailoverSettings:
    """Apply the given fields; the others stay.

    `read` is the revision that the caller saw: Conflict `settings_changed` when somebody else was quicker.
    Raises Invalid, or Forbidden `plan_locked` beyond the plan's gates.
    """
    row = settings_of(session, pool, gates, to_change=True)
    if read is not None and read != row.revision:
        raise Conflict(
            "settings_changed",
            "Somebody else changed these settings after you read them: look at theirs, and save yours again.",
            extra={"revision": row.revision},
        )
    _allowed_by_plan(changes, gates)
    _preferred_is_here(session, pool, changes)
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    row.recovery_sec = max(row.recovery_sec, gates.failover_delay_min_sec)
    row.revision += 1
    session.add(row)
    session.flush()
    set_pace(session, pool.id, recovery_sec=row.recovery_sec)
    if row.probe_kind == "none":
        set_probes(session, pool.id, {})
    changed = {name: [before[name], value] for name, value in changes.items() if before[name] != value}
    _audit(session, pool, by, "failover.settings_changed", changed)
    return row


def pause(
    session: Session, pool: Pool, *, paused: bool, until: datetime | None, reason: str, gates: Gates, by: Actor
) -> FailoverSettings:
    """Pause automation for maintenance, or end the pause. Raises Invalid for an end that has passed."""
    if paused and until is not None and until <= database_now(session):
        raise Invalid(
            "until_in_the_past", "The end of the pause has passed.", errors={"until": ["Choose a moment to come."]}
        )
    row = settings_of(session, pool, gates)
    row.paused, row.paused_until, row.paused_reason = paused, until if paused else None, reason if paused else ""
    row.revision += 1
    session.add(row)
    session.flush()
    details = {"paused": paused, "until": until.isoformat() if until else None, "reason": reason}
    _audit(session, pool, by, "failover.paused" if paused else "failover.resumed", details)
    return row


def acknowledge(session: Session, pool: Pool, *, gates: Gates, by: Actor) -> FailoverSettings:
    """A person has looked: holds are lifted, and the counts of promotions and restores start anew."""
    row = settings_of(session, pool, gates)
    row.acknowledged_at = database_now(session)
    row.revision += 1
    session.add(row)
    session.flush()
    lift_holds(session, pool_id=pool.id, account_id=pool.account_id, by=by, now=row.acknowledged_at)
    return row


def _allowed_by_plan(changes: Mapping[str, Any], gates: Gates) -> None:
    least, most = gates.failover_delay_min_sec, gates.failover_banner_max_sec
    if changes.get("recovery_sec", least) < least:
        raise Forbidden(
            "plan_locked",
            f"Failover delays below {least} seconds are part of Pro. Use {least}, or upgrade the account.",
        )
    if most is not None and changes.get("banner_sec", 0) > most:
        raise Forbidden("plan_locked", f"Banners longer than {most} seconds are part of Pro.")


def _preferred_is_here(session: Session, pool: Pool, changes: Mapping[str, Any]) -> None:
    member_id: UUID | None = changes.get("preferred_member_id")
    if member_id is None:
        return
    query = select(Member.id).where(Member.id == member_id, Member.pool_id == pool.id)
    if session.scalar(query) is None:
        raise Invalid(
            "member_not_in_pool",
            "The preferred member is not in this pool.",
            errors={"preferredMemberId": ["Choose a member of this pool."]},
        )


def _audit(session: Session, pool: Pool, by: Actor, action: str, details: Mapping[str, Any]) -> None:
    audit.record(
        session, by, action, account_id=pool.account_id, target_type="pool", target_id=pool.id, details=details
    )
