"""A backup from its claim to its record: the row, what it may build on, and the check of what arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...jobs import service as jobs
from ...jobs.tables import Job
from ...kernel import outbox
from ...kernel.db import database_now
from ...kernel.errors import DomainError
from ...kernel.sealed import Sealer
from ...members.tables import Member
from ...storage.ports import ObjectMissing, Store, StoreRefused, joined
from ..kinds import BACKUPS, scope_title
from ..manifest_rules import checked_manifest
from ..opening import MANIFEST_MAX_BYTES, Opener, SnapshotDamaged
from ..tables import Snapshot
from .keys import key_of, newest_key

UNREADABLE_SHOWN = 50
# How long a store that does not take part is asked for what a finished backup sent.
ASKED_AGAIN = timedelta(hours=24)


def folder_of(snapshot: Snapshot) -> str:
    """Where its objects live in the store (user, site, snapshot)."""
    return f"{snapshot.account_id}/sites/{snapshot.pool_id}/snapshots/{snapshot.id}"


def manifest_key(snapshot: Snapshot) -> str:
    return f"{folder_of(snapshot)}/manifest"


def begin(session: Session, sealer: Sealer, job: Job, member: Member) -> dict[str, Any]:
    """The agent claims a backup: make its row, and say with which key it works and on what it may build.

    Each attempt is a snapshot of its own, so that a second one never mixes with what the first one sent.
    """
    kind = BACKUPS[job.command]
    generation, key = newest_key(session, sealer, account_id=member.account_id, member_id=member.id)
    known = session.scalar(select(Snapshot).where(Snapshot.job_id == job.id, Snapshot.attempt == job.attempt))
    if known is None:
        _give_up_older(session, job)
        base = newest_usable(session, member.id, kind.id, generation)
        known = Snapshot(
            account_id=member.account_id, pool_id=member.pool_id, member_id=member.id, member_name=member.hostname,
            kind=kind.id, state="running", job_id=job.id, attempt=job.attempt, key_generation=generation,
            base_id=base.id if base else None, created_at=database_now(session), packs=[], scopes=[], unreadable=[],
        )  # fmt: skip
        session.add(known)
        tell(session, known)
    return {
        "backupKey": key, "keyGeneration": known.key_generation, "snapshotId": str(known.id), "memberId": str(member.id),
        "baseSnapshotId": str(known.base_id or ""),
    }  # fmt: skip


def _give_up_older(session: Session, job: Job) -> None:
    older = session.scalars(select(Snapshot).where(Snapshot.job_id == job.id, Snapshot.state == "running"))
    for snapshot in older:
        fail(session, snapshot, "This attempt was cut off; another one followed.")


def newest_usable(session: Session, member_id: UUID, kind: str, generation: int | None = None) -> Snapshot | None:
    wanted = select(Snapshot).where(
        Snapshot.member_id == member_id, Snapshot.kind == kind, Snapshot.state.in_(["complete", "partial"])
    )
    if generation is not None:
        wanted = wanted.where(Snapshot.key_generation == generation)
    return session.scalar(wanted.order_by(Snapshot.created_at.desc()).limit(1))


def record(session: Session, sealer: Sealer, store: Store, job_id: UUID) -> Snapshot | None:
    """The job ended: read what arrived and say what it is worth. Done twice it changes nothing."""
    job = jobs.get_job(session, job_id)
    snapshot = session.scalar(
        select(Snapshot).where(Snapshot.job_id == job_id, Snapshot.state == "running").order_by(Snapshot.attempt.desc())
    )
    if job is None or snapshot is None or job.state in {"pending", "running", "held"}:
        return None
    if job.state != "completed" or not job.result:
        fail(session, snapshot, job.error or f"The job is {job.state}.")
        return snapshot
    try:
        _accept(session, snapshot, _checked(session, sealer, store, snapshot, job.result), job.result)
    except DomainError as why:
        if _may_pass(why) and job.ended_at and database_now(session) - job.ended_at < ASKED_AGAIN:
            raise  # the store is away, or its settings are wrong: what arrived may be good all the same
        fail(session, snapshot, f"What arrived is not usable: {why.detail}")
    return snapshot


def _may_pass(why: DomainError) -> bool:
    return not why.permanent or (isinstance(why, StoreRefused) and not isinstance(why, ObjectMissing))


def _checked(
    session: Session, sealer: Sealer, store: Store, snapshot: Snapshot, result: Mapping[str, Any]
) -> dict[str, Any]:
    sealed = joined(store.get(manifest_key(snapshot)), MANIFEST_MAX_BYTES)
    if hashlib.sha256(sealed).hexdigest() != result.get("manifestSha256"):
        raise SnapshotDamaged("the stored manifest is not the one that the host wrote.")
    key = key_of(session, sealer, snapshot.member_id, snapshot.key_generation)
    manifest = checked_manifest(Opener(key, str(snapshot.member_id)).manifest(str(snapshot.id), sealed), snapshot.kind)
    known = _known_packs(session, snapshot)
    packs = []
    for row in manifest["packs"]:
        pack_id, size = str(row["id"]), int(row["sizeBytes"])
        own = str(row["snapshotId"]) == str(snapshot.id)
        key_there = f"{folder_of(snapshot)}/packs/{pack_id}" if own else known.get(pack_id)
        if key_there is None:
            raise SnapshotDamaged(f"pack {pack_id} is of a snapshot that this one does not build on.")
        found = store.head(key_there)
        if found is None or found.size_bytes != size:
            raise SnapshotDamaged(f"pack {pack_id} is not in the store, or not whole.")
        packs.append({"id": pack_id, "snapshotId": str(row["snapshotId"]), "key": key_there, "sizeBytes": size})
    snapshot.packs, snapshot.manifest_bytes = packs, len(sealed)
    return manifest


def _known_packs(session: Session, snapshot: Snapshot) -> dict[str, str]:
    base = session.get(Snapshot, snapshot.base_id) if snapshot.base_id else None
    return {row["id"]: row["key"] for row in base.packs} if base else {}


def _accept(session: Session, snapshot: Snapshot, manifest: dict[str, Any], result: Mapping[str, Any]) -> None:
    entries = manifest["entries"]
    files = [entry for entry in entries if entry["type"] == "file" and entry["status"] != "unreadable"]
    snapshot.state = "complete" if manifest.get("status") == "complete" else "partial"
    snapshot.files, snapshot.size_bytes = len(files), sum(int(entry["sizeBytes"]) for entry in files)
    snapshot.stored_bytes = snapshot.manifest_bytes + sum(row["sizeBytes"] for row in snapshot.packs)
    snapshot.new_bytes = snapshot.manifest_bytes + sum(
        row["sizeBytes"] for row in snapshot.packs if row["snapshotId"] == str(snapshot.id)
    )
    snapshot.scopes = _by_scope(entries)
    told = [{"path": entry["path"], "why": entry.get("why", "")} for entry in entries if entry["status"] != "ok"]
    snapshot.unreadable = (told or list(result.get("unreadable") or ()))[:UNREADABLE_SHOWN]
    snapshot.objects, snapshot.checked_at = "present", database_now(session)
    snapshot.ended_at = snapshot.checked_at
    tell(session, snapshot)


def _by_scope(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        row = found.setdefault(
            entry["scope"], {"id": entry["scope"], "title": scope_title(entry["scope"]), "files": 0, "bytes": 0}
        )
        if entry["type"] != "dir":
            row["files"] += 1
            row["bytes"] += int(entry["sizeBytes"])
    return list(found.values())


def fail(session: Session, snapshot: Snapshot, error: str) -> None:
    snapshot.state, snapshot.error, snapshot.ended_at = "failed", error, database_now(session)
    tell(session, snapshot)


def tell(session: Session, snapshot: Snapshot) -> None:
    session.flush()
    where: dict[str, Any] = {
        "account_id": snapshot.account_id,
        "pool_id": snapshot.pool_id,
        "member_id": snapshot.member_id,
    }
    payload = {"snapshotId": str(snapshot.id), "kind": snapshot.kind, "state": snapshot.state, "error": snapshot.error}
    outbox.emit(session, "snapshot.changed", payload=payload, **where)
    if snapshot.state in {"partial", "failed"}:
        outbox.emit(session, f"snapshot.{snapshot.state}", payload=payload, **where)
