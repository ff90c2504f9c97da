"""The routes of pools."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity.access import Role, actor, allow, principal
from ..kernel.http import Blueprint, PageArgs, session, wired
from ..kernel.paging import Page
from . import schemas, service
from .tables import Pool

blp = Blueprint("pools", __name__, url_prefix="/api/pools", description="Pools: one deployment each")


def _pool(pool_id: UUID, *, lock: bool = False) -> Pool:
    return service.get_pool(session(), principal().account_id, pool_id, lock=lock)


def _with_health(pools: list[Pool]) -> list[Pool]:
    """The pools with a count of their members by freshness, which the room of heartbeats lends."""
    split = wired().hooks.get("pool_health")
    if split is not None and pools:
        health = split(session(), [pool.id for pool in pools])
        for pool in pools:
            pool.health = health[pool.id]  # type: ignore[attr-defined]
    return pools


@blp.route("")
class Pools(MethodView):
    @allow(Role.VIEWER, "pools:read")
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, schemas.PoolPageOut)
    def get(self, page: dict[str, Any]) -> Page[Pool]:
        """List pools with the health of their members"""
        found = service.list_pools(session(), principal().account_id, **page)
        return Page(_with_health(list(found.items)), found.next_cursor)

    @allow(Role.OPERATOR, "pools:write")
    @blp.arguments(schemas.PoolIn)
    @blp.response(201, schemas.PoolOut)
    def post(self, body: dict[str, Any]) -> Pool:
        """Make a pool"""
        return service.create_pool(session(), principal().account_id, actor(), **body)


@blp.route("/<uuid:pool_id>")
class OnePool(MethodView):
    @allow(Role.VIEWER, "pools:read")
    @blp.response(200, schemas.PoolOut)
    def get(self, pool_id: UUID) -> Pool:
        """Read a pool"""
        return _with_health([_pool(pool_id)])[0]

    @allow(Role.OPERATOR, "pools:write")
    @blp.arguments(schemas.PoolPatch)
    @blp.response(200, schemas.PoolOut)
    def patch(self, body: dict[str, Any], pool_id: UUID) -> Pool:
        """Rename a pool, or convert it to the other template"""
        return service.update_pool(session(), _pool(pool_id, lock=True), actor(), **body)

    @allow(Role.ADMIN, "pools:write", dangerous=True)
    @blp.arguments(schemas.PoolConfirm, location="query")
    @blp.response(204)
    def delete(self, query: dict[str, Any], pool_id: UUID) -> None:
        """Delete a pool with all that belongs to it"""
        service.delete_pool(session(), _pool(pool_id, lock=True), actor(), confirm=query["confirm"])
        touch = wired().hooks.get("touch_directory")
        if touch is not None:
            touch(session())
