"""Backups for people and integrations: take, look, compare, prove, restore, keep and delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from sqlalchemy import func, select

from ..heartbeats.lending import Lending
from ..identity import audit, editions
from ..identity.access import Role, actor, allow, principal
from ..identity.tables import Account
from ..identity.tenancy import owned
from ..jobs import service as jobs
from ..jobs.catalogue import Catalogue, load
from ..jobs.ports import MemberFacts
from ..jobs.schemas import JobOut
from ..jobs.tables import Job
from ..kernel.cron import sentence_of
from ..kernel.errors import Conflict, Invalid
from ..kernel.http import Blueprint, session, wired
from ..members.tables import Member
from ..pools.tables import Pool
from . import schemas, seasoning, service  # noqa: F401 - seasoning tells the jobs room what our commands get
from .archive import tar_gz
from .kinds import KINDS, Kind, kind_of, scope_title
from .storage_health import health
from .tables import BackupKey, BackupPlan, Snapshot

blp = Blueprint("backups", __name__, url_prefix="/api", description="Snapshots of members, their plans and restores")


def _member(member_id: UUID) -> Member:
    return owned(session(), Member, member_id, principal().account_id)


def _snapshot(snapshot_id: UUID, *, lock: bool = False) -> Snapshot:
    return service.find(session(), principal().account_id, snapshot_id, lock=lock)


def _catalogue() -> Catalogue:
    hooks = wired().hooks
    made = hooks.get("jobs_catalogue")
    found: Catalogue = made() if made else load(wired().settings.agent_dist)
    return found


def _facts(member: Member) -> MemberFacts | None:
    ask = wired().hooks.get("member_facts") or Lending(wired().redis).member_facts
    found = ask(member.id)
    return MemberFacts(found.agent_version, found.os_family, found.stacks, found.commands) if found else None


def _order(command: str, member: Member, params: dict[str, Any]) -> Job:
    pool = session().get_one(Pool, member.pool_id)
    return jobs.order(
        session(), command=_catalogue().find(command), params=params, actor=actor(), pool=pool, member=member,
        facts=_facts(member),
    ).job  # fmt: skip


_FIELDS = (
    "id", "member_id", "member_name", "pool_id", "kind", "state", "note", "job_id", "created_at", "ended_at", "files",
    "stored_bytes", "new_bytes", "checked_at", "verification", "verification_detail", "verified_at", "verify_job_id",
    "unreadable", "scopes", "error", "delete_after",
)  # fmt: skip


def _shown(rows: Sequence[Snapshot]) -> list[dict[str, Any]]:
    reasons: dict[UUID, list[str]] = {}
    for member_id, kind in {(row.member_id, row.kind) for row in rows}:
        plan = service.plan_row(session(), member_id, principal().account_id)
        reasons |= service.why_kept(session(), member_id, kind, plan)
    return [
        {
            **{name: getattr(row, name) for name in _FIELDS},
            "bytes": row.size_bytes,
            "duration_sec": (row.ended_at - row.created_at).total_seconds() if row.ended_at else None,
            "metadata_state": "present",
            "object_state": row.objects,
            "kept_because": reasons.get(row.id, []),
        }
        for row in rows
    ]


def _plan(row: BackupPlan) -> dict[str, Any]:
    names = (
        "enabled",
        "cron",
        "kinds",
        "keep_last",
        "keep_daily",
        "keep_weekly",
        "keep_monthly",
        "verify_weekly",
        "next_slot",
    )
    return {**{name: getattr(row, name) for name in names}, "sentence": sentence_of(row.cron)}


def _kind(kind: Kind, facts: MemberFacts | None) -> dict[str, Any]:
    reason = ""
    if facts is not None and kind.stack and kind.stack not in facts.stacks:
        reason = f"The agent does not see {kind.title} on this host."
    return {
        "id": kind.id, "title": kind.title, "command": kind.command, "available": not reason, "reason": reason,
        "scopes": [{"id": scope.id, "title": scope.title, "help": scope.help} for scope in kind.scopes],
    }  # fmt: skip


@blp.route("/backups")
class AllBackups(MethodView):
    @allow(Role.VIEWER, "backups:read")
    @blp.arguments(schemas.AllSnapshotsArgs, location="query")
    @blp.response(200, schemas.SnapshotPage)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List the snapshots of the account, newest first"""
        found = service.page(session(), principal().account_id, **args)
        return {"items": _shown(found.items), "next_cursor": found.next_cursor}


@blp.route("/backups/storage")
class Storage(MethodView):
    @allow(Role.VIEWER, "backups:read")
    @blp.response(200, schemas.StorageOut)
    def get(self) -> dict[str, Any]:
        """Say whether the object store takes and gives back objects; asked at most once a minute"""
        return health(wired())


@blp.route("/members/<uuid:member_id>/snapshots")
class MemberSnapshots(MethodView):
    @allow(Role.VIEWER, "backups:read")
    @blp.arguments(schemas.SnapshotArgs, location="query")
    @blp.response(200, schemas.SnapshotPage)
    def get(self, args: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """List a member's snapshots, newest first"""
        found = service.page(session(), principal().account_id, member_id=_member(member_id).id, **args)
        return {"items": _shown(found.items), "next_cursor": found.next_cursor}

    @allow(Role.OPERATOR, "backups:write")
    @blp.arguments(schemas.BackupIn)
    @blp.response(202, JobOut)
    def post(self, wish: dict[str, Any], member_id: UUID) -> Job:
        """Back a member up now"""
        return _order(kind_of(wish["kind"]).command, _member(member_id), {})


@blp.route("/members/<uuid:member_id>/backup-overview")
class BackupOverview(MethodView):
    @allow(Role.VIEWER, "backups:read")
    @blp.response(200, schemas.BackupOverviewOut)
    def get(self, member_id: UUID) -> dict[str, Any]:
        """Read a member's figures, calendar, plan and kinds of backups"""
        member, facts = _member(member_id), None
        facts = _facts(member)
        generation = select(func.max(BackupKey.generation)).where(BackupKey.member_id == member.id)
        return {
            **service.overview(session(), member.id),
            "calendar": service.calendar(session(), member.id),
            "kinds": [_kind(kind, facts) for kind in KINDS.values()],
            "plan": _plan(service.plan_row(session(), member.id, member.account_id)),
            "key_generation": session().scalar(generation),
        }


@blp.route("/members/<uuid:member_id>/backup-plan")
class MemberPlan(MethodView):
    @allow(Role.VIEWER, "backups:read")
    @blp.response(200, schemas.BackupPlanOut)
    def get(self, member_id: UUID) -> dict[str, Any]:
        """Read when a member is backed up, and how much is kept"""
        member = _member(member_id)
        return _plan(service.plan_row(session(), member.id, member.account_id))

    @allow(Role.OPERATOR, "backups:write")
    @blp.arguments(schemas.BackupPlanIn)
    @blp.response(200, schemas.BackupPlanOut)
    def put(self, wish: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """Change when a member is backed up, and how much is kept"""
        return _plan(service.save_plan(session(), _member(member_id), wish, actor()))


@blp.route("/members/<uuid:member_id>/backup-key/rotate")
class RotateKey(MethodView):
    @allow(Role.ADMIN, "backups:write", dangerous=True)
    @blp.response(201, schemas.KeyOut)
    def post(self, member_id: UUID) -> dict[str, int]:
        """Make a new key for the snapshots to come; older ones stay readable with theirs"""
        member = _member(member_id)
        generation = service.rotate_key(
            session(), wired().sealer, account_id=member.account_id, member_id=member.id, actor=actor()
        )
        return {"generation": generation}


@blp.route("/snapshots/<uuid:snapshot_id>")
class OneSnapshot(MethodView):
    @allow(Role.VIEWER, "backups:read")
    @blp.response(200, schemas.SnapshotOut)
    def get(self, snapshot_id: UUID) -> dict[str, Any]:
        """Read a snapshot"""
        return _shown([_snapshot(snapshot_id)])[0]

    @allow(Role.ADMIN, "backups:write")
    @blp.response(202, schemas.SnapshotOut)
    def delete(self, snapshot_id: UUID) -> dict[str, Any]:
        """Delete a snapshot; it is held for 24 h, and can be kept until then"""
        return _shown([service.delete(session(), _snapshot(snapshot_id, lock=True), actor())])[0]


@blp.route("/snapshots/<uuid:snapshot_id>/keep")
class KeepSnapshot(MethodView):
    @allow(Role.OPERATOR, "backups:write")
    @blp.response(200, schemas.SnapshotOut)
    def post(self, snapshot_id: UUID) -> dict[str, Any]:
        """Take a deletion back"""
        return _shown([service.keep(session(), _snapshot(snapshot_id, lock=True), actor())])[0]


@blp.route("/snapshots/<uuid:snapshot_id>/files")
class SnapshotFiles(MethodView):
    @allow(Role.OPERATOR, "backups:read")
    @blp.arguments(schemas.FileArgs, location="query")
    @blp.response(200, schemas.SnapshotFilePage)
    def get(self, args: dict[str, Any], snapshot_id: UUID) -> dict[str, Any]:
        """List what a snapshot holds, by path"""
        _, manifest = service.manifest_of(session(), wired().sealer, wired().store, _snapshot(snapshot_id))
        rows, last = service.entries_page(manifest, prefix=args["prefix"], limit=args["limit"], after=args["cursor"])
        return {"items": [_file(row) for row in rows], "next_cursor": last}


def _file(row: dict[str, Any]) -> dict[str, Any]:
    changed = int(row.get("mtimeNs") or 0)
    return {
        "path": row["path"], "scope": row["scope"], "type": row["type"], "mode": row.get("mode", 0),
        "user": row.get("user", ""), "group": row.get("group", ""), "size_bytes": row["sizeBytes"],
        "modified_at": datetime.fromtimestamp(changed / 1e9, UTC) if 0 < changed < 1 << 62 else None,
        "sha256": row["sha256"], "status": row["status"], "why": row.get("why", ""), "target": row.get("target"),
    }  # fmt: skip


@blp.route("/snapshots/<uuid:snapshot_id>/content")
class SnapshotContent(MethodView):
    @allow(Role.OPERATOR, "backups:write")
    @blp.arguments(schemas.ContentArgs, location="query")
    @blp.response(200, schemas.ContentOut)
    def get(self, args: dict[str, Any], snapshot_id: UUID) -> dict[str, str]:
        """Read a text file of a snapshot; keys are not shown"""
        snapshot = _snapshot(snapshot_id)
        opener, manifest = service.manifest_of(session(), wired().sealer, wired().store, snapshot)
        entry = service.entry_of(manifest, args["path"])
        return {"path": args["path"], "text": service.shown_text(wired().store, opener, snapshot, entry)}


@blp.route("/snapshots/<uuid:snapshot_id>/download")
class Download(MethodView):
    @allow(Role.ADMIN, "backups:write", dangerous=True)
    @blp.response(200, {"type": "string", "format": "binary"}, content_type="application/gzip")
    def get(self, snapshot_id: UUID) -> Response:
        """Download a snapshot as tar.gz, opened: it holds private keys"""
        snapshot = service.usable(_snapshot(snapshot_id))
        store = wired().store
        opener, manifest = service.manifest_of(session(), wired().sealer, store, snapshot)
        _note_download(snapshot)
        name = f"{snapshot.member_name}-{snapshot.kind}-{snapshot.created_at:%Y%m%d-%H%M%S}.tar.gz"
        body = tar_gz(store, opener, service.packs_of(snapshot), manifest["entries"])
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, mimetype="application/gzip", headers=headers)


def _note_download(snapshot: Snapshot) -> None:
    audit.record(
        session(), actor(), "snapshot.downloaded", account_id=snapshot.account_id, target_type="snapshot",
        target_id=snapshot.id, details={"member": snapshot.member_name, "kind": snapshot.kind},
    )  # fmt: skip


@blp.route("/snapshots/<uuid:snapshot_id>/compare")
class Compare(MethodView):
    @allow(Role.OPERATOR, "backups:write")
    @blp.arguments(schemas.CompareIn)
    @blp.response(202, JobOut)
    def post(self, wish: dict[str, Any], snapshot_id: UUID) -> Job:
        """Order the comparison of a file with the host"""
        snapshot = service.usable(_snapshot(snapshot_id))
        params = {"snapshotId": str(snapshot.id), "path": wish["path"]}
        return _order("backup.compare", _target(snapshot, wish["member_id"]), params)

    @allow(Role.OPERATOR, "backups:write")
    @blp.arguments(schemas.DiffArgs, location="query")
    @blp.response(200, schemas.ComparisonOut)
    def get(self, args: dict[str, Any], snapshot_id: UUID) -> dict[str, Any]:
        """Read what a comparison found"""
        snapshot = _snapshot(snapshot_id)
        job = jobs.job_of_account(session(), principal().account_id, args["job_id"])
        if job.command != "backup.compare" or job.params.get("snapshotId") != str(snapshot.id):
            raise Invalid("comparison_unknown", "This is no comparison with this snapshot.")
        if job.state != "completed" or not job.result:
            raise Conflict("comparison_not_ready", f"The job is {job.state}. {job.error or ''}".strip())
        diff = jobs.output_of(session(), wired().sealer, job.id, "diff") or b""
        told = job.result
        return {
            "path": told.get("path", ""), "on_host": bool(told.get("onHost")), "same": bool(told.get("same")),
            "shown": bool(told.get("shown")), "diff": diff.decode("utf-8", "replace"),
        }  # fmt: skip


@blp.route("/snapshots/<uuid:snapshot_id>/verify")
class Verify(MethodView):
    @allow(Role.OPERATOR, "backups:write")
    @blp.response(202, JobOut)
    def post(self, snapshot_id: UUID) -> Job:
        """Prove a snapshot: it is restored into a scratch folder on its host and judged there"""
        snapshot = service.usable(_snapshot(snapshot_id, lock=True))
        job = _order("backup.verify", _target(snapshot, None), {"snapshotId": str(snapshot.id)})
        snapshot.verify_job_id = job.id
        return job


@blp.route("/snapshots/<uuid:snapshot_id>/restore")
class Restore(MethodView):
    @allow(Role.ADMIN, "backups:write", dangerous=True)
    @blp.arguments(schemas.RestoreIn)
    @blp.response(202, JobOut)
    def post(self, wish: dict[str, Any], snapshot_id: UUID) -> Job:
        """Restore a snapshot: staged, validated, swapped, watched, and taken back when anything is wrong"""
        snapshot = service.usable(_snapshot(snapshot_id))
        member = _target(snapshot, wish["member_id"])
        has = {row["id"] for row in snapshot.scopes}
        missing = [scope for scope in wish["scopes"] if scope not in has]
        if missing:
            raise Invalid(
                "scope_not_in_snapshot", f"This snapshot holds no {scope_title(missing[0]).lower()}.",
                errors={"scopes": ["Choose parts that the snapshot has."]},
            )  # fmt: skip
        params = {"snapshotId": str(snapshot.id), "scopes": ",".join(wish["scopes"]), "paths": ",".join(wish["paths"])}
        return _order("backup.restore", member, params)


def _target(snapshot: Snapshot, member_id: UUID | None) -> Member:
    """The member that a job about the snapshot runs on. Another one than its own is a matter of the plan."""
    if member_id is None or member_id == snapshot.member_id:
        member = session().get(Member, snapshot.member_id)
        if member is None:
            raise Conflict(
                "snapshot_member_gone", f"{snapshot.member_name} is not enrolled any more: choose another member."
            )
        return member
    account = session().get_one(Account, principal().account_id)
    editions.require(editions.gates(account, wired().settings, wired().clock.now()), "cross_member_restore")
    return _member(member_id)
