"""HAProxy's configuration for people and integrations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView
from sqlalchemy import select

from ..heartbeats.latest import LatestFacts
from ..identity.access import Role, actor, allow, principal
from ..identity.tenancy import owned
from ..jobs.ports import MemberFacts
from ..jobs.schemas import JobOut
from ..jobs.tables import Job
from ..kernel.errors import Invalid, Unavailable
from ..kernel.http import Blueprint, session, wired
from ..kernel.paging import Page
from ..members.tables import Member
from ..workflows.api import shown as shown_workflows
from ..workflows.jobs import tools_of
from ..workflows.schemas import WorkflowOut
from . import schemas, service
from .rules import File, difference
from .service.versions import head_of
from .tables import HaproxyMember, HaproxyVersion

blp = Blueprint("haproxy", __name__, url_prefix="/api", description="HAProxy's configuration as versions")


def _member(member_id: UUID) -> Member:
    return owned(session(), Member, member_id, principal().account_id)


def _version(version_id: UUID, *, lock: bool = False) -> HaproxyVersion:
    return service.find(session(), principal().account_id, version_id, lock=lock)


def _facts(member: Member) -> MemberFacts | None:
    return tools_of(wired()).facts_of(member.id)


def _command(command_id: str) -> Any:
    return tools_of(wired()).catalogue.get(command_id)


def _reported(member: Member) -> dict[str, Any] | None:
    """The HAProxy block of the last heartbeat; None when there is none, or when the store is away."""
    try:
        body = LatestFacts(wired().redis).body(member.id) or {}
    except Unavailable:
        return None
    block = body.get("haproxy")
    return block if isinstance(block, dict) else None


_FIELDS = (
    "id", "member_id", "number", "base_id", "origin", "state", "reason", "author", "fingerprint", "check", "check_job_id",
    "error", "workflow_id", "created_at", "applied_at",
)  # fmt: skip


def _shown(version: HaproxyVersion, current_id: UUID | None) -> dict[str, Any]:
    return {
        **{name: getattr(version, name) for name in _FIELDS},
        "files": [
            {"path": row["path"], "lines": row["lines"], "size_bytes": row["sizeBytes"]} for row in version.files
        ],
        "current": version.id == current_id,
    }


def _whole(version: HaproxyVersion) -> dict[str, Any]:
    row = session().get(HaproxyMember, version.member_id)
    texts = [{"path": file.path, "text": file.text} for file in service.files_of(wired().sealer, version)]
    return {**_shown(version, row.current_id if row else None), "texts": texts}


def _drift(member: Member, row: HaproxyMember | None, current: HaproxyVersion | None) -> dict[str, Any]:
    said = (_reported(member) or {}).get("configFingerprint") or None
    stored = current.fingerprint if current else None
    state = "unknown" if not said or not stored else "same" if said == stored else "changed"
    return {
        "state": state, "live_fingerprint": said, "stored_fingerprint": stored, "looked_at": row.looked_at if row else None,
    }  # fmt: skip


@blp.route("/members/<uuid:member_id>/haproxy")
class MemberHaproxy(MethodView):
    @allow(Role.VIEWER, "haproxy:read")
    @blp.response(200, schemas.HaproxyOut)
    def get(self, member_id: UUID) -> dict[str, Any]:
        """Read how a member stands to its configuration"""
        member = _member(member_id)
        row, current = session().get(HaproxyMember, member.id), service.current_of(session(), member)
        head, said = head_of(session(), member.id), _reported(member)
        current_id = current.id if current else None
        return {
            "seen": said is not None,
            "active": (said or {}).get("active"),
            "version": (said or {}).get("version") or None,
            "config_path": (said or {}).get("configPath") or None,
            "admin_socket": (said or {}).get("adminSocket"),
            "current": _shown(current, current_id) if current else None,
            "head": _shown(head, current_id) if head else None,
            "drift": _drift(member, row, current),
            "look_job_id": row.look_job_id if row else None,
        }


@blp.route("/members/<uuid:member_id>/haproxy/import")
class Import(MethodView):
    @allow(Role.OPERATOR, "haproxy:write")
    @blp.response(202, JobOut)
    def post(self, member_id: UUID) -> Job:
        """Read the live configuration: the first time it becomes version 1, later it shows what differs"""
        member = _member(member_id)
        return service.order_look(
            session(), member, command=_command("haproxy.config_read"), facts=_facts(member), actor=actor()
        )


@blp.route("/members/<uuid:member_id>/haproxy/drift")
class Drift(MethodView):
    @allow(Role.OPERATOR, "haproxy:write")
    @blp.response(200, schemas.FoundOut)
    def get(self, member_id: UUID) -> dict[str, Any]:
        """Read the difference between the stored version and what the last look found on the host"""
        member = _member(member_id)
        row, current = session().get(HaproxyMember, member.id), service.current_of(session(), member)
        found = service.found_of(session(), wired().sealer, member)
        shown = _drift(member, row, current)
        files = difference(service.files_of(wired().sealer, current), found) if current and found else []
        seen = (row.found_fingerprint or shown["stored_fingerprint"]) if row else None
        return {**shown, "files": files, "fresh": seen is not None and seen == shown["live_fingerprint"]}


@blp.route("/members/<uuid:member_id>/haproxy/adopt")
class Adopt(MethodView):
    @allow(Role.OPERATOR, "haproxy:write")
    @blp.arguments(schemas.AdoptIn)
    @blp.response(201, schemas.WholeVersionOut)
    def post(self, wish: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """Make what was found on the host the current version"""
        return _whole(service.adopt(session(), wired().sealer, _member(member_id), actor=actor(), **wish))


@blp.route("/members/<uuid:member_id>/haproxy/versions")
class Versions(MethodView):
    @allow(Role.VIEWER, "haproxy:read")
    @blp.arguments(schemas.PageArgs, location="query")
    @blp.response(200, schemas.HaproxyVersionPage)
    def get(self, args: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """List the versions of a member's configuration, newest first"""
        member = _member(member_id)
        found: Page[HaproxyVersion] = service.page(session(), member, **args)
        row = session().get(HaproxyMember, member.id)
        items = [_shown(version, row.current_id if row else None) for version in found.items]
        return {"items": items, "next_cursor": found.next_cursor}

    @allow(Role.OPERATOR, "haproxy:write")
    @blp.arguments(schemas.DraftIn)
    @blp.response(201, schemas.WholeVersionOut)
    def post(self, wish: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """Save an edit as a new version; nothing happens on the host yet"""
        files = [File(row["path"], row["text"]) for row in wish["files"]]
        return _whole(
            service.draft(
                session(), wired().sealer, _member(member_id), files, base_id=wish["base_version_id"],
                reason=wish["reason"], actor=actor(),
            )
        )  # fmt: skip


@blp.route("/haproxy/versions/<uuid:version_id>")
class OneVersion(MethodView):
    @allow(Role.OPERATOR, "haproxy:write")
    @blp.response(200, schemas.WholeVersionOut)
    def get(self, version_id: UUID) -> dict[str, Any]:
        """Read a version with its files"""
        return _whole(_version(version_id))


@blp.route("/haproxy/versions/<uuid:version_id>/diff")
class Diff(MethodView):
    @allow(Role.OPERATOR, "haproxy:write")
    @blp.arguments(schemas.DiffArgs, location="query")
    @blp.response(200, schemas.DiffOut)
    def get(self, args: dict[str, Any], version_id: UUID) -> dict[str, Any]:
        """Compare a version with the one it was made from, or with any other"""
        against = _version(args["against"]) if args["against"] else None
        return {"files": service.difference_of(session(), wired().sealer, _version(version_id), against)}


@blp.route("/haproxy/versions/<uuid:version_id>/check")
class Check(MethodView):
    @allow(Role.OPERATOR, "haproxy:write")
    @blp.response(202, JobOut)
    def post(self, version_id: UUID) -> Job:
        """Validate a version with the host's own HAProxy; nothing changes there"""
        version = _version(version_id, lock=True)
        member = _member(version.member_id)
        return service.order_check(
            session(),
            wired().sealer,
            version,
            command=_command("haproxy.config_check"),
            facts=_facts(member),
            actor=actor(),
        )


@blp.route("/haproxy/versions/<uuid:version_id>/apply")
class ApplyVersion(MethodView):
    @allow(Role.OPERATOR, "haproxy:write", dangerous=True)
    @blp.arguments(schemas.ApplyIn)
    @blp.response(202, WorkflowOut)
    def post(self, wish: dict[str, Any], version_id: UUID) -> dict[str, Any]:
        """Bring a version onto members: checked everywhere, standbys first, watched, taken back when traffic suffers"""
        version = _version(version_id, lock=True)
        ids = wish["members"] or [version.member_id]
        members = session().scalars(select(Member).where(Member.id.in_(ids), Member.pool_id == version.pool_id)).all()
        if len(members) != len(set(ids)):
            raise Invalid(
                "member_not_in_pool", "Choose members of the pool that the version belongs to.",
                errors={"members": ["Not all of them are in this pool."]},
            )  # fmt: skip
        flow = service.begin_apply(
            session(),
            wired().sealer,
            version,
            members,
            soak_sec=wish["soak_sec"],
            overwrite=wish["overwrite"],
            actor=actor(),
        )
        return shown_workflows([flow])[0]
