"""What a pool could recover from, starting a recovery, and the timed reports of drills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..backups.tables import Snapshot
from ..identity import editions
from ..identity.audit import Actor
from ..identity.editions import Gates
from ..jobs.ports import MemberFacts
from ..kernel.errors import Conflict, Invalid, NotFound
from ..members.tables import Member
from ..pools.tables import Pool
from ..workflows import service as workflows
from ..workflows.ports import Precondition
from ..workflows.tables import Workflow
from .flows import DRILL, PROVISION, REBUILD, RESTORE

GATE = "cross_member_restore"
USABLE = ("complete", "partial")
HAPROXY = "haproxy"


@dataclass(frozen=True, slots=True)
class Wish:
    """A recovery as it was asked for. No scopes: all that the snapshot has."""

    kind: str
    target: Member
    snapshot: Snapshot
    scopes: Sequence[str] = ()
    make_active: bool = False


def snapshots_of(session: Session, pool: Pool, limit: int = 100) -> Sequence[Snapshot]:
    """Those that a member of this pool can be recovered from, newest first; members that are gone count too."""
    return session.scalars(
        select(Snapshot)
        .where(Snapshot.pool_id == pool.id, Snapshot.kind == HAPROXY, Snapshot.state.in_(USABLE))
        .order_by(Snapshot.created_at.desc())
        .limit(limit)
    ).all()


def snapshot_of_pool(session: Session, pool: Pool, snapshot_id: UUID) -> Snapshot:
    found = session.scalar(select(Snapshot).where(Snapshot.id == snapshot_id, Snapshot.pool_id == pool.id))
    if found is None:
        raise NotFound("snapshot_not_found", "There is no such snapshot in this pool.")
    return found


def member_of_pool(session: Session, pool: Pool, member_id: UUID) -> Member:
    found = session.scalar(select(Member).where(Member.id == member_id, Member.pool_id == pool.id))
    if found is None:
        raise NotFound("member_not_found", "There is no such member in this pool.")
    return found


def members_of_pool(session: Session, pool: Pool) -> Sequence[Member]:
    return session.scalars(select(Member).where(Member.pool_id == pool.id).order_by(Member.hostname)).all()


def available(session: Session, pool: Pool) -> tuple[bool, str | None]:
    """Recovery is for HAProxy pools with two members or more (DR-1)."""
    members = session.scalar(select(func.count()).where(Member.pool_id == pool.id)) or 0
    if pool.template != HAPROXY:
        return False, "Recovery is for HAProxy pools."
    if members < 2:
        return False, "Recovery needs two members: enrol a second one."
    return True, None


def preconditions(session: Session, pool: Pool, wish: Wish, facts: MemberFacts | None) -> list[Precondition]:
    can, why = available(session, pool)
    snapshot, target = wish.snapshot, wish.target
    found = [
        Precondition(can, why or "The pool is an HAProxy pool with two members or more."),
        Precondition(
            snapshot.kind == HAPROXY and snapshot.state in USABLE,
            f"The snapshot is a {snapshot.kind} backup and {snapshot.state}.", "Choose a complete one of HAProxy.",
        ),
        Precondition(target.template == "haproxy_edge", "The target is a member for HAProxy.", "Choose one with the template HAProxy edge."),
    ]  # fmt: skip
    if wish.kind in {PROVISION, REBUILD, DRILL}:
        is_standby = pool.active_member_id != target.id
        found.append(Precondition(is_standby, "The target is a standby.", "Cut over to another member first."))
    if wish.kind in {RESTORE, PROVISION}:
        text = "The snapshot is one of another member."
        found.append(Precondition(snapshot.member_id != target.id, text, "Restore its own under Backups."))
    if wish.kind in {RESTORE, DRILL}:
        has = facts is None or HAPROXY in facts.stacks
        found.append(Precondition(has, "The target reports HAProxy.", "Provision it from the backup instead."))
    return found


def preview(session: Session, pool: Pool, wish: Wish, facts: MemberFacts | None) -> dict[str, Any]:
    """What would be done, without doing anything."""
    chosen = set(scopes_of(wish))
    needed = preconditions(session, pool, wish, facts)
    return {
        "ok": all(one.ok for one in needed),
        "preconditions": needed,
        "scopes": [scope for scope in wish.snapshot.scopes if scope.get("id") in chosen],
        "target_active": pool.active_member_id == wish.target.id,
        "warnings": _warnings(pool, wish),
    }


def _warnings(pool: Pool, wish: Wish) -> list[str]:
    found = []
    if pool.active_member_id == wish.target.id:
        found.append(
            "The target is active: a configuration that HAProxy takes and that is wrong reaches clients at once."
        )
    if wish.snapshot.state == "partial":
        found.append("The snapshot is partial: files that could not be read are not in it.")
    if wish.snapshot.verification != "proved":
        found.append("Nobody has proved this snapshot yet: verify it first, or run a drill with it.")
    if wish.snapshot.objects == "missing":
        found.append("Objects of this snapshot were missing from the storage when it was last looked at.")
    return found


def scopes_of(wish: Wish) -> list[str]:
    """The chosen scopes. Raises Invalid for one that the snapshot does not hold."""
    held = [str(scope.get("id")) for scope in wish.snapshot.scopes]
    wrong = [scope for scope in wish.scopes if scope not in held]
    if wrong:
        sentence = f"The snapshot has no {wrong[0]}; it has {', '.join(held) or 'nothing'}."
        raise Invalid("scope_unknown", sentence, errors={"scopes": [sentence]})
    return list(dict.fromkeys(wish.scopes)) or held


def begin(
    session: Session, pool: Pool, wish: Wish, *, facts: MemberFacts | None, gates: Gates, actor: Actor
) -> Workflow:
    """Raises Forbidden without the plan for it, Conflict `precondition_failed`, and what starting a workflow raises."""
    editions.require(gates, GATE)
    for needed in preconditions(session, pool, wish, facts):
        if not needed.ok:
            raise Conflict("precondition_failed", f"Not so: {needed.text} {needed.fix}".strip())
    return workflows.start(
        session,
        wish.kind,
        pool=pool,
        member=wish.target,
        params={
            "snapshotId": str(wish.snapshot.id),
            "scopes": scopes_of(wish),
            "sourceName": wish.snapshot.member_name,
            "makeActive": wish.make_active,
        },
        actor=actor,
        dedupe_key=f"recovery-{wish.target.id}",
    )
