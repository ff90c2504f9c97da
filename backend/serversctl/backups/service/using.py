"""Using a snapshot: what a job that reads it gets, what is in it, and what a proof said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...identity.tenancy import owned
from ...jobs import service as jobs
from ...jobs.tables import Job
from ...kernel.db import database_now
from ...kernel.errors import Conflict, Invalid, NotFound
from ...kernel.sealed import Sealer
from ...storage.ports import Store
from ..manifest_rules import checked_manifest
from ..opening import Opener, read_manifest
from ..tables import Snapshot
from .keys import key_of
from .taking import manifest_key, tell

USABLE = ("complete", "partial")
SHOWN_MAX_BYTES = 1 << 20


def find(session: Session, account_id: UUID, snapshot_id: UUID, *, lock: bool = False) -> Snapshot:
    try:
        return owned(session, Snapshot, snapshot_id, account_id, lock=lock)
    except NotFound:
        raise NotFound("snapshot_not_found", "There is no such snapshot.") from None


def usable(snapshot: Snapshot) -> Snapshot:
    """The snapshot itself. Conflict `snapshot_not_usable` when nothing can be read from it."""
    if snapshot.state not in USABLE:
        raise Conflict("snapshot_not_usable", f"This snapshot is {snapshot.state}: choose a complete one.")
    return snapshot


def snapshot_of_job(session: Session, job: Job) -> Snapshot:
    """The snapshot that a job of ours names. Conflict when it is gone or another account's.

    One that is being deleted since still counts: its objects stay for a day, and a restore must not lose them half-way.
    """
    try:
        snapshot = find(session, job.account_id, UUID(str(job.params.get("snapshotId"))))
    except (ValueError, NotFound) as why:
        raise Conflict("snapshot_gone", "The snapshot of this job does not exist any more.") from why
    return snapshot if snapshot.state == "deleting" and snapshot.state_before in USABLE else usable(snapshot)


def params_to_read(session: Session, sealer: Sealer, job: Job) -> dict[str, Any]:
    """The secrets of a job that reads a snapshot, also one of another member of the account."""
    snapshot = snapshot_of_job(session, job)
    return {
        "backupKey": key_of(session, sealer, snapshot.member_id, snapshot.key_generation),
        "keyGeneration": snapshot.key_generation,
        "sourceMember": str(snapshot.member_id),
    }


def object_to_read(session: Session, job: Job, name: str) -> str | None:
    """The key of `<snapshot>/manifest` or `<snapshot>/packs/<id>` when the job's snapshot needs it."""
    snapshot = snapshot_of_job(session, job)
    if name == f"{snapshot.id}/manifest":
        return manifest_key(snapshot)
    return next((row["key"] for row in snapshot.packs if name == f"{row['snapshotId']}/packs/{row['id']}"), None)


def manifest_of(session: Session, sealer: Sealer, store: Store, snapshot: Snapshot) -> tuple[Opener, dict[str, Any]]:
    opener = Opener(key_of(session, sealer, snapshot.member_id, snapshot.key_generation), str(snapshot.member_id))
    # Checked again: a signed address outlives its job by some minutes, so the host may have put another one there.
    manifest = read_manifest(store, opener, str(snapshot.id), manifest_key(usable(snapshot)))
    return opener, checked_manifest(manifest, snapshot.kind)


def entries_page(
    manifest: Mapping[str, Any], *, prefix: str, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Files by path; `after` is the last path of the page before."""
    rows = sorted(
        (dict(row) for row in manifest["entries"] if row["path"].startswith(prefix)), key=lambda row: row["path"]
    )
    rest = [row for row in rows if after is None or row["path"] > after]
    return rest[:limit], rest[limit - 1]["path"] if len(rest) > limit else None


def entry_of(manifest: Mapping[str, Any], path: str) -> dict[str, Any]:
    found = next((row for row in manifest["entries"] if row["path"] == path), None)
    if found is None:
        raise NotFound("snapshot_file_not_found", "This snapshot holds no such file.")
    return dict(found)


def shown_text(store: Store, opener: Opener, snapshot: Snapshot, entry: Mapping[str, Any]) -> str:
    """A text file to look at. Raises Invalid for keys, binaries and large ones: download those."""
    if entry["type"] != "file" or entry["sizeBytes"] > SHOWN_MAX_BYTES:
        raise Invalid(
            "snapshot_file_not_shown", "Only text files up to 1 MiB are shown: download the snapshot instead."
        )
    data = b"".join(opener.contents(store, packs_of(snapshot), entry))
    if b"\0" in data or b"PRIVATE KEY" in data:
        raise Invalid("snapshot_file_not_shown", "Keys and binary files are not shown: download the snapshot instead.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Invalid("snapshot_file_not_shown", "This file is not text: download the snapshot instead.") from None


def packs_of(snapshot: Snapshot) -> dict[str, str]:
    return {row["id"]: row["key"] for row in snapshot.packs}


def record_proof(session: Session, job_id: UUID) -> None:
    """A `backup.verify` ended: a good one counts from now on, a bad one is said loudly."""
    job = jobs.get_job(session, job_id)
    if job is None or job.state in {"pending", "running", "held"}:
        return
    snapshot = session.scalar(select(Snapshot).where(Snapshot.verify_job_id == job_id).with_for_update())
    if snapshot is None:
        return
    result = job.result or {}
    if job.state == "completed" and "proved" in result:
        snapshot.verification = "proved" if result["proved"] else "failed"
        checked = ", ".join(str(part) for part in result.get("checked") or ())
        snapshot.verification_detail = str(result.get("detail") or checked)[:2000]
        snapshot.verified_at = database_now(session) if result["proved"] else snapshot.verified_at
    else:
        snapshot.verification_detail = f"The proof could not be made: {job.error or job.state}"[:2000]
    snapshot.verify_job_id = None
    tell(session, snapshot)
