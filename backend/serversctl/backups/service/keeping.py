"""Retention, deletion with a hold, and removing objects that no snapshot needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import SYSTEM, Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ...storage.ports import Store
from ..rules import Keep, Kept, reasons_to_keep
from ..tables import BackupPlan, Snapshot
from .taking import folder_of, manifest_key, tell
from .using import USABLE

HOLD = timedelta(hours=24)
FAILED_KEPT = timedelta(days=14)
SWEEP_MAX = 50


def plan_row(session: Session, member_id: UUID, account_id: UUID) -> BackupPlan:
    """The member's plan, or the defaults: off, nightly, two weeks of days, eight weeks, twelve months."""
    return session.get(BackupPlan, member_id) or BackupPlan(
        member_id=member_id, account_id=account_id, enabled=False, cron="0 2 * * *", kinds=["haproxy"], keep_last=7,
        keep_daily=14, keep_weekly=8, keep_monthly=12, verify_weekly=True, next_slot=None,
    )  # fmt: skip


def why_kept(session: Session, member_id: UUID, kind: str, plan: BackupPlan) -> dict[UUID, list[str]]:
    rows = session.scalars(
        select(Snapshot).where(Snapshot.member_id == member_id, Snapshot.kind == kind, Snapshot.state.in_(USABLE))
    ).all()
    kept = [Kept(row.id, row.created_at, row.state == "complete", row.verification == "proved") for row in rows]
    return reasons_to_keep(kept, Keep(plan.keep_last, plan.keep_daily, plan.keep_weekly, plan.keep_monthly))


def retain(session: Session, member_id: UUID, account_id: UUID, kind: str) -> list[UUID]:
    """Let go what no rule keeps. It is held for a day like everything that is deleted."""
    reasons = why_kept(session, member_id, kind, plan_row(session, member_id, account_id))
    rows = session.scalars(
        select(Snapshot).where(Snapshot.member_id == member_id, Snapshot.kind == kind, Snapshot.state.in_(USABLE))
    ).all()
    gone = [row for row in rows if row.id not in reasons]
    for row in gone:
        _hold(session, row, SYSTEM)
    return [row.id for row in gone]


def delete(session: Session, snapshot: Snapshot, actor: Actor) -> Snapshot:
    """Delete after a hold of 24 h. Conflict for the last proved one of its kind, and while it is being written."""
    if snapshot.state == "deleting":
        return snapshot
    if snapshot.state == "running":
        raise Conflict("snapshot_running", "This backup is being written: cancel its job first.")
    if snapshot.verification == "proved" and not _another_proved(session, snapshot):
        raise Conflict(
            "snapshot_last_proved", "This is the only snapshot of the member that was proved: prove another one first."
        )
    _hold(session, snapshot, actor)
    return snapshot


def _another_proved(session: Session, snapshot: Snapshot) -> bool:
    wanted = select(Snapshot.id).where(
        Snapshot.member_id == snapshot.member_id, Snapshot.kind == snapshot.kind, Snapshot.id != snapshot.id,
        Snapshot.verification == "proved", Snapshot.state.in_(USABLE),
    )  # fmt: skip
    return session.scalar(wanted.limit(1)) is not None


def _hold(session: Session, snapshot: Snapshot, actor: Actor) -> None:
    snapshot.state_before, snapshot.state = snapshot.state, "deleting"
    snapshot.delete_after = database_now(session) + HOLD
    _note(session, snapshot, actor, "deleted")


def keep(session: Session, snapshot: Snapshot, actor: Actor) -> Snapshot:
    """Take a deletion back while it is held."""
    if snapshot.state != "deleting":
        raise Conflict("snapshot_not_deleting", "This snapshot is not being deleted.")
    snapshot.state, snapshot.state_before, snapshot.delete_after = snapshot.state_before or "complete", None, None
    _note(session, snapshot, actor, "kept")
    return snapshot


def _note(session: Session, snapshot: Snapshot, actor: Actor, what: str) -> None:
    audit.record(
        session, actor, f"snapshot.{what}", account_id=snapshot.account_id, target_type="snapshot", target_id=snapshot.id,
        details={"memberId": str(snapshot.member_id), "member": snapshot.member_name, "kind": snapshot.kind},
    )  # fmt: skip
    tell(session, snapshot)


def due_for_removal(session: Session) -> Sequence[UUID]:
    """Held long enough, and failed ones of two weeks ago."""
    now = database_now(session)
    held = select(Snapshot.id).where(Snapshot.state == "deleting", Snapshot.delete_after < now)
    failed = select(Snapshot.id).where(Snapshot.state == "failed", Snapshot.created_at < now - FAILED_KEPT)
    return [*session.scalars(held.limit(SWEEP_MAX)), *session.scalars(failed.limit(SWEEP_MAX))]


def remove(session: Session, store: Store, snapshot_id: UUID) -> None:
    """Remove a snapshot's row and every object that no other snapshot needs. Done twice it changes nothing."""
    snapshot = session.get(Snapshot, snapshot_id, with_for_update=True)
    if snapshot is None or snapshot.state not in {"deleting", "failed"}:
        return
    mine = {manifest_key(snapshot), *(row.key for row in store.list(f"{folder_of(snapshot)}/"))}
    mine |= {row["key"] for row in snapshot.packs}
    others = select(Snapshot).where(Snapshot.member_id == snapshot.member_id, Snapshot.id != snapshot.id)
    needed = {row["key"] for other in session.scalars(others) for row in other.packs}
    # A backup that runs now may build on this one: its packs are not known yet.
    builds = select(Snapshot.id).where(Snapshot.base_id == snapshot.id, Snapshot.state == "running")
    if session.scalar(builds.limit(1)) is not None:
        return
    store.delete(sorted(mine - needed))
    session.delete(snapshot)
    session.flush()


def look_at_objects(session: Session, store: Store, snapshot: Snapshot) -> None:
    """Are all objects still there, with their sizes?"""
    there = store.head(manifest_key(snapshot)) is not None and all(
        (found := store.head(row["key"])) is not None and found.size_bytes == row["sizeBytes"] for row in snapshot.packs
    )
    snapshot.objects, snapshot.checked_at = ("present" if there else "missing"), database_now(session)
    tell(session, snapshot)
