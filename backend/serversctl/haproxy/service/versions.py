"""Versions: written once, read, compared; a draft stands on the newest one or is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...identity.tenancy import owned
from ...kernel import outbox
from ...kernel.db import database_now
from ...kernel.errors import Conflict, Invalid, NotFound
from ...kernel.ids import new_id
from ...kernel.paging import Page, decode, encode
from ...kernel.sealed import Sealer
from ...members.tables import Member
from ..rules import File, difference, digest_of, outline, wrong_files
from ..tables import HaproxyMember, HaproxyVersion

KEPT_PER_MEMBER = 200


def member_row(session: Session, member: Member, *, lock: bool = False) -> HaproxyMember:
    """How the member stands; made when it is asked for the first time with `lock`."""
    found = session.get(HaproxyMember, member.id, with_for_update=lock, populate_existing=lock)
    if found is None:
        found = HaproxyMember(member_id=member.id, account_id=member.account_id, last_number=0)
        if lock:
            session.add(found)
            session.flush()
    return found


def find(session: Session, account_id: UUID, version_id: UUID, *, lock: bool = False) -> HaproxyVersion:
    try:
        return owned(session, HaproxyVersion, version_id, account_id, lock=lock)
    except NotFound:
        raise NotFound("version_not_found", "There is no such version of a configuration.") from None


def current_of(session: Session, member: Member) -> HaproxyVersion | None:
    """The version that should be live on the member."""
    row = session.get(HaproxyMember, member.id)
    return session.get(HaproxyVersion, row.current_id) if row and row.current_id else None


def head_of(session: Session, member_id: UUID) -> HaproxyVersion | None:
    """The newest version, applied or not: what an editor begins with."""
    return session.scalar(
        select(HaproxyVersion)
        .where(HaproxyVersion.member_id == member_id)
        .order_by(HaproxyVersion.number.desc())
        .limit(1)
    )


def files_of(sealer: Sealer, version: HaproxyVersion) -> list[File]:
    return unpack(sealer.open_bytes(version.sealed, f"haproxy_version:{version.id}"))


def unpack(data: bytes) -> list[File]:
    return [File(str(row["path"]), str(row["text"])) for row in json.loads(data)["files"]]


def pack(files: Sequence[File]) -> bytes:
    """The candidate as an agent reads it."""
    return json.dumps({"files": [{"path": file.path, "text": file.text} for file in files]}).encode()


def write(
    session: Session,
    sealer: Sealer,
    member: Member,
    files: Sequence[File],
    *,
    origin: str,
    actor: Actor,
    state: str = "draft",
    reason: str = "",
    base_id: UUID | None = None,
    fingerprint: str | None = None,
) -> HaproxyVersion:
    """A new version with the next number. Raises Invalid for files that no host could take."""
    wrong = wrong_files(files)
    if wrong:
        first = next(iter(wrong))
        raise Invalid("config_invalid", f"{first}: {wrong[first][0]}", errors=wrong)
    row = member_row(session, member, lock=True)
    row.last_number += 1
    now, version_id = database_now(session), new_id()
    version = HaproxyVersion(
        id=version_id, account_id=member.account_id, pool_id=member.pool_id, member_id=member.id,
        number=row.last_number, base_id=base_id, origin=origin, state=state, reason=reason[:300],
        author={"kind": actor.kind, "id": str(actor.id) if actor.id else None, "name": actor.name},
        sealed=sealer.seal_bytes(pack(files), f"haproxy_version:{version_id}"), digest=digest_of(files),
        fingerprint=fingerprint, files=outline(files), created_at=now, applied_at=now if state == "applied" else None,
    )  # fmt: skip
    session.add(version)
    if state == "applied":
        row.current_id, row.found, row.found_fingerprint = version.id, None, None
    session.flush()
    _forget_old(session, member, keep=row.current_id)
    audit.record(
        session, actor, f"haproxy.version_{origin}", account_id=member.account_id, target_type="member",
        target_id=member.id, details={"versionId": str(version.id), "number": version.number, "reason": version.reason},
    )  # fmt: skip
    tell(session, version)
    return version


def draft(
    session: Session,
    sealer: Sealer,
    member: Member,
    files: Sequence[File],
    *,
    base_id: UUID | None,
    reason: str,
    actor: Actor,
    origin: str = "edited",
) -> HaproxyVersion:
    """Save an edit. Raises Conflict `config_changed` with the other text when it does not stand on the newest version."""
    member_row(session, member, lock=True)
    head = head_of(session, member.id)
    if head is None:
        raise Conflict("config_not_imported", "Import the configuration of this host first: nothing is known of it.")
    if base_id != head.id:
        theirs = files_of(sealer, head)
        raise Conflict(
            "config_changed",
            f"Version {head.number} was saved by {head.author['name']} after you began: look at both, and save again.",
            extra={
                "head": {"id": str(head.id), "number": head.number, "author": head.author, "reason": head.reason},
                "files": [{"path": file.path, "text": file.text} for file in theirs],
            },
        )
    if digest_of(files) == head.digest:
        raise Conflict("config_unchanged", f"This is the same as version {head.number}: there is nothing to save.")
    return write(session, sealer, member, files, origin=origin, actor=actor, reason=reason, base_id=base_id)


def difference_of(
    session: Session, sealer: Sealer, version: HaproxyVersion, against: HaproxyVersion | None
) -> list[dict[str, Any]]:
    """What changed from `against` (else the version's base, else nothing) to this version."""
    base = against or (session.get(HaproxyVersion, version.base_id) if version.base_id else None)
    return difference(files_of(sealer, base) if base else [], files_of(sealer, version))


def page(session: Session, member: Member, *, limit: int, cursor: str | None) -> Page[HaproxyVersion]:
    """Newest first."""
    wanted = select(HaproxyVersion).where(HaproxyVersion.member_id == member.id)
    after = decode(cursor, 1)
    if after:
        if not isinstance(after[0], int):
            decode("broken", 1)
        wanted = wanted.where(HaproxyVersion.number < after[0])
    rows = session.scalars(wanted.order_by(HaproxyVersion.number.desc()).limit(limit + 1)).all()
    return Page(rows[:limit], encode(rows[limit - 1].number) if len(rows) > limit else None)


def tell(session: Session, version: HaproxyVersion) -> None:
    session.flush()
    outbox.emit(
        session, "haproxy.version_changed", account_id=version.account_id, pool_id=version.pool_id,
        member_id=version.member_id,
        payload={"versionId": str(version.id), "number": version.number, "state": version.state},
    )  # fmt: skip


def _forget_old(session: Session, member: Member, *, keep: UUID | None) -> None:
    old = session.scalars(
        select(HaproxyVersion.id)
        .where(HaproxyVersion.member_id == member.id)
        .order_by(HaproxyVersion.number.desc())
        .offset(KEPT_PER_MEMBER)
    ).all()
    doomed = [version_id for version_id in old if version_id != keep]
    if doomed:
        session.execute(delete(HaproxyVersion).where(HaproxyVersion.id.in_(doomed)))
