"""The routes of heartbeats: enrolment as it happens, facts, history, the overview of a pool, and live events."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask.views import MethodView

from ..identity.access import Role, actor, allow, principal
from ..kernel.errors import Conflict, NotFound, Unavailable
from ..kernel.http import Blueprint, session, wired
from ..members import service as members
from ..members.release import built_version
from ..members.tables import Member
from ..pools.schemas import PoolOut
from ..pools.service import get_pool
from . import history, panorama, refused, rings, schemas
from .agent_api import agent_blp  # the app finds a room's blueprints here
from .enrollment import standing
from .latest import LatestFacts, RedisLiveness
from .lending import Lending, recovery_secs
from .streaming import StreamOrder, hand_over

__all__ = ["agent_blp", "blp"]

blp = Blueprint("heartbeats", __name__, url_prefix="/api", description="Who is heard, and what they report")

COLUMNS = ("at", "cpuPct", "memoryPct", "diskPct", "haproxyActive", "load", "sessions")
RINGS = {"1s": rings.FINE, "10s": rings.COARSE, "5m": rings.DAY}


@blp.record
def _lend(state: BlueprintSetupState) -> None:
    wiring = state.app.extensions["serversctl"]
    lending = Lending(wiring.redis)
    wiring.hooks.setdefault("heartbeats_of", lending.heartbeats_of)
    wiring.hooks.setdefault("heartbeats_by_text", lending.heartbeats_by_text)
    wiring.hooks.setdefault("pool_health", lending.pool_health)
    wiring.hooks.setdefault("member_facts", lending.member_facts)


def _is_there(pool_id: UUID) -> bool:
    """A browser's tabs share one stream: a tab that still looks at a deleted pool must not end it for the others."""
    try:
        get_pool(session(), principal().account_id, pool_id)
    except NotFound:
        return False
    return True


def _member(member_id: UUID, *, lock: bool = False) -> Member:
    return members.get_member(session(), principal().account_id, member_id, lock=lock)


def _standing(member: Member) -> Any:
    wiring = wired()
    liveness = RedisLiveness(wiring.redis)
    now = liveness.now()
    track = liveness.tracks([member.id]).get(member.id)
    try:
        notes = refused.read(wiring.redis, refused.member_key(str(member.id)))
    except OSError as why:
        raise Unavailable("liveness_unknown", f"The heartbeat store does not answer: {why}.") from why
    return standing(
        member,
        seen_at=track.seen if track else None,
        interval_sec=int(track.interval) if track else 1,
        refusals=notes,
        now=now,
    )


@blp.route("/members/<uuid:member_id>/enrollment")
class Enrollment(MethodView):
    @allow(Role.VIEWER, "members:read")
    @blp.response(200, schemas.EnrollmentOut)
    def get(self, member_id: UUID) -> Any:
        """Whether the member comes in, and if not, why"""
        return _standing(_member(member_id))


@blp.route("/members/<uuid:member_id>/enrollment/fix")
class EnrollmentFix(MethodView):
    @allow(Role.OPERATOR, "members:write")
    @blp.arguments(schemas.FixIn)
    @blp.response(200, schemas.EnrollmentOut)
    def post(self, wish: dict[str, Any], member_id: UUID) -> Any:
        """Apply the fix that is offered now"""
        member = _member(member_id, lock=True)
        offered = _standing(member).fix
        if offered is None or asdict(offered) != wish:
            raise Conflict(
                "fix_changed",
                "That is not what is offered now: read the enrolment again and confirm what it shows.",
                extra={"fix": asdict(offered) if offered else None},
            )
        name = {"allowedIps": "allowed_ips", "hostname": "hostname"}[offered.field]
        members.update_member(session(), member, actor(), {name: offered.value}, confirmed=True)
        refused.clear(wired().redis, refused.member_key(str(member.id)))
        return _standing(member)


@blp.route("/members/<uuid:member_id>/facts")
class MemberFacts(MethodView):
    @allow(Role.VIEWER, "members:read")
    @blp.response(200, schemas.FactsOut)
    def get(self, member_id: UUID) -> Any:
        """The last report of a member"""
        facts = LatestFacts(wired().redis)
        member = _member(member_id)
        known = facts.of([member.id]).get(member.id)
        return {"age_sec": known.age_sec if known else None, "facts": facts.body(member.id)}


@blp.route("/members/<uuid:member_id>/history")
class MemberHistory(MethodView):
    @allow(Role.VIEWER, "members:read")
    @blp.arguments(schemas.HistoryArgs, location="query")
    @blp.response(200, schemas.HistoryOut)
    def get(self, query: dict[str, Any], member_id: UUID) -> Any:
        """CPU, memory, disk, load and HAProxy over time: 1 s for 10 minutes, 10 s for 6 hours, 5 min for 30 days"""
        member, ring = _member(member_id), RINGS[query["resolution"]]
        samples = (
            history.read(session(), member.id, wired().clock.now())
            if ring is rings.DAY
            else LatestFacts(wired().redis).history(member.id, ring)
        )
        rows = [[s.at, s.cpu_pct, s.memory_pct, s.disk_pct, s.haproxy_active, s.load, s.sessions] for s in samples]
        return jsonify(
            {"resolution": query["resolution"], "stepSec": ring.step_sec, "columns": list(COLUMNS), "rows": rows}
        )


@blp.route("/pools/<uuid:pool_id>/overview")
class PoolOverview(MethodView):
    @allow(Role.VIEWER, "pools:read")
    @blp.arguments(schemas.OverviewArgs, location="query")
    @blp.response(200, schemas.OverviewOut)
    def get(self, query: dict[str, Any], pool_id: UUID) -> Response:
        """A pool with its members, their latest heartbeats and numbers, in one answer"""
        pool = get_pool(session(), principal().account_id, pool_id)
        rows = members.rows_of_pool(session(), pool.id)
        recovery_sec = recovery_secs(session(), {pool.id})[pool.id]
        latest = built_version(wired().settings.agent_dist)
        strip_sec = query["strip"]
        try:
            seen = panorama.see(wired().redis, [members.dashed(row.id) for row in rows], strip_sec=strip_sec)
        except Unavailable:
            seen = None
        shown = panorama.panorama(
            rows, seen, active_id=pool.active_member_id, recovery_sec=recovery_sec, strip_sec=strip_sec,
            latest_version=latest,
        )  # fmt: skip
        answer = {
            "pool": PoolOut().dump(pool),
            "health": panorama.health_of(shown),
            "liveness": "known" if seen is not None else "unknown",
            "recoverySec": recovery_sec,
            "agentLatestVersion": latest,
            "members": shown,
        }
        return Response(panorama.encode(answer), content_type="application/json")


@blp.route("/events")
class Events(MethodView):
    @allow(Role.VIEWER, "events:read")
    @blp.arguments(schemas.EventArgs, location="query")
    @blp.response(200, content_type="text/event-stream", description="Server-sent events")
    def get(self, query: dict[str, Any]) -> Response:
        """Live changes of the account; `Last-Event-ID` resumes"""
        if query["pool"] is not None:
            get_pool(session(), principal().account_id, query["pool"])
        if query["member"] is not None:
            _member(query["member"])
        return hand_over(
            StreamOrder(
                account_id=principal().account_id,
                pool_id=query["pool"],
                member_id=query["member"],
                beats_of=tuple(pool_id for pool_id in dict.fromkeys(query["beats"]) if _is_there(pool_id)),
                last_id=request.headers.get("Last-Event-ID"),
            )
        )
