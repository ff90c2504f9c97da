"""The routes of members."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask.views import MethodView
from sqlalchemy import select

from ..identity.access import Role, actor, allow, principal
from ..kernel.errors import Invalid, Unavailable
from ..kernel.http import Blueprint, session, wired
from ..kernel.local_ca import files
from ..pools.service import get_pool, search_pools
from ..pools.tables import Pool
from . import schemas, service
from .downloads import download_blp  # the app finds a room's blueprints here
from .install import install_command
from .tables import DirectoryRevision, Member
from .wire import UNKNOWN, HeartbeatWire, member_wire, page_bytes, to_dict

__all__ = ["blp", "download_blp"]

blp = Blueprint("members", __name__, url_prefix="/api", description="Members: enrolled hosts")

FOUND_POOLS_MAX, FOUND_MEMBERS_MAX = 8, 12


@blp.record
def _lend(state: BlueprintSetupState) -> None:
    state.app.extensions["serversctl"].hooks.setdefault("touch_directory", service.touch_directory)


def _member(member_id: UUID, *, lock: bool = False) -> Member:
    return service.get_member(session(), principal().account_id, member_id, lock=lock)


def heartbeats_of(rows: Sequence[Any]) -> dict[UUID, HeartbeatWire]:
    """The latest heartbeats, lent by their room; empty while nothing is known of them."""
    ask = wired().hooks.get("heartbeats_of")
    if ask is None:
        return {}
    try:
        found: dict[UUID, HeartbeatWire] = ask(session(), rows)
    except Unavailable:
        return {}
    return found


def heartbeats_by_text(rows: Sequence[Any]) -> dict[str, HeartbeatWire]:
    """The same for rows of `service.list_members`, by id as text."""
    ask = wired().hooks.get("heartbeats_by_text")
    try:
        found: dict[str, HeartbeatWire] = ask(session(), rows) if ask else {}
    except Unavailable:
        return {}
    return found


def as_dict(member: Member) -> dict[str, Any]:
    """One member as `MemberOut`."""
    active = session().scalar(select(Pool.active_member_id).where(Pool.id == member.pool_id))
    heartbeat = heartbeats_of([member]).get(member.id, UNKNOWN)
    return to_dict(member_wire(member, active_id=active, heartbeat=heartbeat))


def _json(value: dict[str, Any], status: int = 200) -> Response:
    answer = jsonify(value)
    answer.status_code = status
    return answer


def enrollment(enrolled: service.Enrolled) -> dict[str, str]:
    """The secret and the command to paste, for this one answer."""
    settings, member = wired().settings, enrolled.member
    base = settings.public_url or f"https://{request.host}"
    ca = files(settings.data_dir).ca
    return {
        "secret": enrolled.secret,
        "installCommand": install_command(
            family=member.linux_family,
            public_url=base,
            secret=enrolled.secret,
            hostname=member.hostname,
            ca_pem=_text(ca) if settings.tls == "local" else None,
        ),
    }


def _text(path: Path) -> str | None:
    return path.read_text(encoding="ascii") if path.exists() else None


def _listing(account_id: UUID, pool_id: UUID | None, page: dict[str, Any]) -> Response:
    """Without heartbeats the list changes with the directory's revision only: that is its ETag."""
    with_heartbeats = page.pop("heartbeat")
    etag = None
    if not with_heartbeats:
        revision = session().scalar(select(DirectoryRevision.revision)) or 0
        asked = hashlib.sha256(repr(sorted(page.items())).encode()).hexdigest()[:16]
        etag = f"members-{revision}-{pool_id}-{asked}"
        if request.if_none_match.contains_weak(etag):
            answer = Response(status=304)
            answer.set_etag(etag, weak=True)
            return answer
    found = service.list_members(session(), account_id, pool_id=pool_id, **page)
    active = session().scalars(select(Pool.active_member_id).where(Pool.account_id == account_id))
    body = page_bytes(
        found.items,
        active={str(member_id) for member_id in active},
        heartbeats=heartbeats_by_text(found.items) if with_heartbeats else None,
        next_cursor=found.next_cursor,
    )
    answer = Response(body, content_type="application/json")
    if etag is not None:
        answer.set_etag(etag, weak=True)
    return answer


@blp.route("/members")
class AllMembers(MethodView):
    @allow(Role.VIEWER, "members:read")
    @blp.arguments(schemas.MemberPageArgs, location="query")
    @blp.response(200, schemas.MemberPageOut)
    def get(self, page: dict[str, Any]) -> Response:
        """List the members of all pools"""
        return _listing(principal().account_id, None, page)


@blp.route("/search")
class Search(MethodView):
    @allow(Role.VIEWER, "members:read")
    @blp.arguments(schemas.SearchArgs, location="query")
    @blp.response(200, schemas.SearchOut)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Find pools and members by a part of their name or address"""
        account_id, q = principal().account_id, query["q"].strip()
        if not q:
            return {"pools": [], "members": []}
        rows = service.search_members(session(), account_id, q, FOUND_MEMBERS_MAX)
        heard = heartbeats_of(rows)
        return {
            "pools": search_pools(session(), account_id, q, FOUND_POOLS_MAX),
            "members": [{**row._mapping, "state": heard.get(row.id, UNKNOWN).state} for row in rows],
        }


@blp.route("/pools/<uuid:pool_id>/members")
class PoolMembers(MethodView):
    @allow(Role.VIEWER, "members:read")
    @blp.arguments(schemas.MemberPageArgs, location="query")
    @blp.response(200, schemas.MemberPageOut)
    def get(self, page: dict[str, Any], pool_id: UUID) -> Response:
        """List a pool's members"""
        account_id = principal().account_id
        get_pool(session(), account_id, pool_id)
        return _listing(account_id, pool_id, page)

    @allow(Role.OPERATOR, "members:write")
    @blp.arguments(schemas.MemberIn)
    @blp.response(201, schemas.EnrolledOut)
    def post(self, body: dict[str, Any], pool_id: UUID) -> Response:
        """Enrol a member; its secret is in this answer and never again"""
        pool = get_pool(session(), principal().account_id, pool_id)
        enrolled = service.create_member(session(), pool, actor(), **body)
        return _json({"member": as_dict(enrolled.member), "enrollment": enrollment(enrolled)}, 201)


@blp.route("/members/<uuid:member_id>")
class OneMember(MethodView):
    @allow(Role.VIEWER, "members:read")
    @blp.response(200, schemas.MemberOut)
    def get(self, member_id: UUID) -> Response:
        """Read a member"""
        return _json(as_dict(_member(member_id)))

    @allow(Role.OPERATOR, "members:write")
    @blp.arguments(schemas.MemberPatch)
    @blp.response(200, schemas.MemberOut)
    def patch(self, body: dict[str, Any], member_id: UUID) -> Response:
        """Change a member"""
        member = _member(member_id, lock=True)
        confirmed = body.pop("confirm", False)
        if not body:
            raise Invalid("nothing_to_change", "Name at least one field to change.")
        heard = heartbeats_of([member]).get(member.id)
        live = heard.source if heard is not None and heard.state in {"fresh", "late"} else None
        return _json(
            as_dict(service.update_member(session(), member, actor(), body, live_source=live, confirmed=confirmed))
        )

    @allow(Role.ADMIN, "members:write", dangerous=True)
    @blp.arguments(schemas.MemberConfirm, location="query")
    @blp.response(204)
    def delete(self, query: dict[str, Any], member_id: UUID) -> None:
        """Detach a member"""
        service.delete_member(session(), _member(member_id, lock=True), actor(), confirm=query["confirm"])


@blp.route("/members/<uuid:member_id>/rotate-secret")
class RotateSecret(MethodView):
    @allow(Role.ADMIN, "members:write", dangerous=True)
    @blp.response(200, schemas.EnrolledOut)
    def post(self, member_id: UUID) -> Response:
        """Make a new secret; the old one works until the new one was used"""
        enrolled = service.rotate_secret(session(), _member(member_id, lock=True), actor(), wired().sealer)
        return _json({"member": as_dict(enrolled.member), "enrollment": enrollment(enrolled)})
