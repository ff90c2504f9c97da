"""Bringing a version onto members: as a workflow that checks all, begins with standbys, and takes everything back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict
from ...kernel.sealed import Sealer
from ...members.tables import Member
from ...pools.tables import Pool
from ...workflows import service as workflows
from ...workflows.tables import Workflow
from ..tables import HaproxyVersion
from .versions import files_of, member_row, tell, write

APPLY = "haproxy.apply"


def begin_apply(
    session: Session,
    sealer: Sealer,
    version: HaproxyVersion,
    members: Sequence[Member],
    *,
    soak_sec: int,
    actor: Actor,
    overwrite: bool = False,
) -> Workflow:
    """Start the roll-out to these members (of one pool). Raises Conflict: reverted version known bad, one runs already."""
    if version.check and version.check.get("valid") is False:
        raise Conflict("config_known_invalid", f"Version {version.number} did not pass its check: mend it first.")
    pool = session.get_one(Pool, version.pool_id)
    own = next((member for member in members if member.id == version.member_id), None)
    files = files_of(sealer, version)
    targets: dict[str, str] = {}
    for member in _standbys_first(pool, members):
        copy = (
            version
            if member.id == version.member_id
            else write(
                session,
                sealer,
                member,
                files,
                origin="rolled_out",
                actor=actor,
                base_id=version.id,
                reason=version.reason or f"The same as version {version.number} of another member",
            )
        )
        targets[str(member.id)] = str(copy.id)
    flow = workflows.start(
        session, APPLY, pool=pool, member=own, actor=actor, dedupe_key="haproxy.apply",
        params={"versionId": str(version.id), "number": version.number, "targets": targets, "soakSec": soak_sec,
                "overwrite": overwrite},
    )  # fmt: skip
    for version_id in targets.values():
        target = session.get_one(HaproxyVersion, UUID(version_id))
        target.workflow_id, target.state, target.error = flow.id, "draft", None
        tell(session, target)
    return flow


def _standbys_first(pool: Pool, members: Sequence[Member]) -> list[Member]:
    return sorted(members, key=lambda member: (member.id == pool.active_member_id, member.hostname))


def settle_apply(session: Session, flow: Workflow, results: Mapping[str, Mapping[str, Any]]) -> None:
    """The roll-out ended: say of each member's version what became of it."""
    for number, (member_id, version_id) in enumerate(flow.params["targets"].items()):
        version = session.get(HaproxyVersion, UUID(version_id))
        member = session.get(Member, UUID(member_id))
        if version is None or member is None:
            continue
        if flow.state == "completed":
            row = member_row(session, member, lock=True)
            row.current_id, row.found, row.found_fingerprint = version.id, None, None
            version.state, version.applied_at = "applied", database_now(session)
            version.fingerprint = str(results.get(f"apply-{number}", {}).get("fingerprint") or "") or None
        else:
            version.state, version.error = (
                ("reverted" if flow.state == "undone" else "failed"),
                flow.error or version.error,
            )
        tell(session, version)
