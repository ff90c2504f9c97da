"""Disaster recovery for people and integrations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity import editions
from ..identity.access import Role, actor, allow, principal
from ..identity.editions import Gates
from ..identity.tables import Account
from ..identity.tenancy import owned
from ..kernel.errors import Invalid
from ..kernel.http import Blueprint, PageArgs, session, wired
from ..members.tables import Member
from ..pools.tables import Pool
from ..workflows import service as workflows
from ..workflows.api import shown
from ..workflows.jobs import tools_of
from ..workflows.schemas import WorkflowOut
from . import schemas, service
from .flows import DRILL, PROVISION, REBUILD, RESTORE
from .reports import report_of
from .service import Wish

blp = Blueprint("recovery", __name__, url_prefix="/api/pools/<uuid:pool_id>/disaster-recovery", description="Recovery")

WAYS = {"restore": RESTORE, "provision-standby": PROVISION, "rebuild": REBUILD, "drill": DRILL}


def _pool(pool_id: UUID) -> Pool:
    return owned(session(), Pool, pool_id, principal().account_id)


def _gates() -> Gates:
    account = session().get_one(Account, principal().account_id)
    return editions.gates(account, wired().settings, wired().clock.now())


def _wish(pool: Pool, kind: str, asked: dict[str, Any]) -> Wish:
    return Wish(
        kind,
        service.member_of_pool(session(), pool, asked["target_member_id"]),
        service.snapshot_of_pool(session(), pool, asked["snapshot_id"]),
        asked.get("scopes", ()),
        asked.get("make_active", False),
    )


def _begin(pool_id: UUID, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    pool = _pool(pool_id)
    wish = _wish(pool, kind, asked)
    by_browser = principal().scopes is None
    if kind != DRILL and by_browser and (asked["confirm"] or "").strip().lower() != wish.target.hostname.lower():
        raise Invalid(
            "confirmation_missing",
            f"This changes what {wish.target.hostname} serves: send {wish.target.hostname!r} in `confirm`.",
            errors={"confirm": [f"Type {wish.target.hostname} to confirm."]},
        )
    facts = tools_of(wired()).facts_of(wish.target.id)
    return shown([service.begin(session(), pool, wish, facts=facts, gates=_gates(), actor=actor())])[0]


@blp.route("")
class DisasterRecovery(MethodView):
    @allow(Role.VIEWER, "recovery:read")
    @blp.response(200, schemas.DisasterRecoveryOut)
    def get(self, pool_id: UUID) -> dict[str, Any]:
        """Say what a pool could be recovered from, and onto which members"""
        pool = _pool(pool_id)
        can, reason = service.available(session(), pool)
        drills = _drills(pool, limit=1, cursor=None)["items"]
        return {
            "available": can,
            "reason": reason,
            "locked": not getattr(_gates(), service.GATE),
            "targets": [_target(pool, member) for member in service.members_of_pool(session(), pool)],
            "sources": service.snapshots_of(session(), pool),
            "last_drill": drills[0] if drills else None,
        }


def _target(pool: Pool, member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "hostname": member.hostname,
        "display_name": member.display_name,
        "active": pool.active_member_id == member.id,
        "ever_heard": member.first_seen_at is not None,
    }


@blp.route("/preview")
class Preview(MethodView):
    @allow(Role.VIEWER, "recovery:read")
    @blp.arguments(schemas.PreviewIn)
    @blp.response(200, schemas.RecoveryPreviewOut)
    def post(self, asked: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Say what a recovery would do, without doing it"""
        pool = _pool(pool_id)
        wish = _wish(pool, WAYS[asked["way"]], asked)
        return service.preview(session(), pool, wish, tools_of(wired()).facts_of(wish.target.id))


@blp.route("/restore")
class Restore(MethodView):
    @allow(Role.ADMIN, "recovery:write", dangerous=True)
    @blp.arguments(schemas.RecoveryIn)
    @blp.response(202, WorkflowOut)
    def post(self, asked: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Restore another member's snapshot onto a member"""
        return _begin(pool_id, RESTORE, asked)


@blp.route("/provision-standby")
class Provision(MethodView):
    @allow(Role.ADMIN, "recovery:write", dangerous=True)
    @blp.arguments(schemas.RecoveryIn)
    @blp.response(202, WorkflowOut)
    def post(self, asked: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Make a standby from another member's snapshot"""
        return _begin(pool_id, PROVISION, asked)


@blp.route("/rebuild")
class RebuildHost(MethodView):
    @allow(Role.ADMIN, "recovery:write", dangerous=True)
    @blp.arguments(schemas.RebuildIn)
    @blp.response(202, WorkflowOut)
    def post(self, asked: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Bring up an enrolled replacement: hear it, provision it, wait until it is ready, make it active"""
        return _begin(pool_id, REBUILD, asked)


@blp.route("/drill")
class StartDrill(MethodView):
    @allow(Role.OPERATOR, "recovery:write")
    @blp.arguments(schemas.DrillIn)
    @blp.response(202, WorkflowOut)
    def post(self, asked: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Drill a recovery on a standby; nothing live is touched"""
        return _begin(pool_id, DRILL, asked)


@blp.route("/drills")
class Drills(MethodView):
    @allow(Role.VIEWER, "recovery:read")
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, schemas.DrillPage)
    def get(self, args: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """List the reports of drills, newest first"""
        return _drills(_pool(pool_id), **args)


def _drills(pool: Pool, *, limit: int, cursor: str | None) -> dict[str, Any]:
    found = workflows.page(session(), pool.account_id, limit=limit, cursor=cursor, pool_id=pool.id, kind=DRILL)
    steps = workflows.by_ids(session(), [flow.id for flow in found.items])
    return {"items": [report_of(flow, steps[flow.id]) for flow in found.items], "next_cursor": found.next_cursor}
