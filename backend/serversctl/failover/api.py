"""Failover for people and integrations: settings, state, cutover, what if, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from flask.views import MethodView
from sqlalchemy import select

from ..dns import credentials
from ..dns.keeper import keeper_of
from ..dns.tables import PoolDns
from ..heartbeats.latest import RedisLiveness
from ..heartbeats.ports import Liveness
from ..identity import editions
from ..identity.access import Role, actor, allow, principal
from ..identity.editions import Gates
from ..identity.tables import Account
from ..identity.tenancy import owned
from ..kernel.db import database_now
from ..kernel.errors import Invalid
from ..kernel.http import Blueprint, session, wired
from ..kernel.outbound import Outbound
from ..kernel.paging import Page
from ..members.release import built_version
from ..pools.tables import Pool
from . import schemas, service
from .keeping import DnsKeeper
from .ports import DnsFacts, Reports
from .probing import never_ready
from .reports import KeptReports, RedisReports
from .rules.evidence import gate_of, vote_of, weather_of
from .rules.timing import backoff_cap_sec
from .rules.verdict import verdict
from .service import Look
from .service.rows import pool_rows
from .tables import FailoverEvent, FailoverSettings

blp = Blueprint(
    "failover", __name__, url_prefix="/api", description="Which member serves a pool, and when that changes"
)


def liveness() -> Liveness:
    made = wired().hooks.get("liveness")
    return cast(Liveness, made()) if made else RedisLiveness(wired().redis)


def dns_facts() -> Mapping[UUID, DnsFacts]:
    made = wired().hooks.get("dns_facts")
    if made is not None:
        return cast("Mapping[UUID, DnsFacts]", made())
    return DnsKeeper(keeper_of(wired()), wired().sessions).facts()


def reports() -> Reports:
    wiring = wired()
    if "host_reports" not in wiring.hooks:
        kept = KeptReports(RedisReports(wiring.redis, built_version(wiring.settings.agent_dist)), wiring.clock)
        wiring.hooks["host_reports"] = lambda: kept
    return cast(Reports, wiring.hooks["host_reports"]())


def _pool(pool_id: UUID) -> Pool:
    return owned(session(), Pool, pool_id, principal().account_id)


def _gates() -> Gates:
    """The plan gates of the caller's account (ACC-9): asked here and nowhere else in this room."""
    account = session().get_one(Account, principal().account_id)
    return editions.gates(account, wired().settings, wired().clock.now())


def _may_be_tried(pool: Pool, probe: Mapping[str, Any]) -> None:
    """Raises Invalid for a probe that the outbound rules would keep from ever being tried."""
    if probe.get("kind", "none") == "none":
        return
    port = probe.get("port", service.settings_of(session(), pool, _gates()).probe_port)
    row = pool_rows(session(), database_now(session()), [pool.id])[pool.id]
    outbound = Outbound(allow=wired().settings.outbound_allow)
    if sentences := never_ready(row, dns_facts().get(pool.id), port, outbound):
        raise Invalid(
            "probe_refused",
            f"With this probe, members would wait for ever to be ready. {' '.join(sentences)}",
            errors={"probe": sentences},
        )


@blp.route("/pools/<uuid:pool_id>/failover")
class Failover(MethodView):
    @allow(Role.VIEWER, "failover:read")
    @blp.response(200, schemas.FailoverOut)
    def get(self, pool_id: UUID) -> dict[str, Any]:
        """Read a pool's failover settings and state"""
        pool = _pool(pool_id)
        return _shown(pool, service.settings_of(session(), pool, _gates()))

    @allow(Role.OPERATOR, "failover:write")
    @blp.arguments(schemas.SettingsIn)
    @blp.response(200, schemas.FailoverOut)
    def put(self, wish: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Change a pool's failover settings"""
        pool = _pool(pool_id)
        probe, read = wish.pop("probe", None) or {}, wish.pop("revision", None)
        _may_be_tried(pool, probe)
        changes = {**wish, **{f"probe_{name}": value for name, value in probe.items()}}
        row = service.change_settings(session(), pool, changes, gates=_gates(), by=actor(), read=read)
        return _shown(pool, row)


@blp.route("/pools/<uuid:pool_id>/failover/cutover")
class Cutover(MethodView):
    @allow(Role.OPERATOR, "failover:write", dangerous=True)
    @blp.arguments(schemas.CutoverOrder)
    @blp.response(202, schemas.EventOut)
    def post(self, order: dict[str, Any], pool_id: UUID) -> FailoverEvent:
        """Cut DNS to a standby"""
        facts = dns_facts()
        return service.order_cutover(
            session(), _pool(pool_id), liveness=liveness(), dns=facts, reports=reports(), by=actor(), **order
        )


@blp.route("/pools/<uuid:pool_id>/failover/simulate")
class Simulate(MethodView):
    @allow(Role.VIEWER, "failover:read")
    @blp.arguments(schemas.SimulateIn)
    @blp.response(200, schemas.DecisionOut)
    def post(self, wish: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Say what would happen now, and if members died"""
        pool = _pool(pool_id)
        found = service.look(
            session(), pool, liveness=liveness(), dns=dns_facts(), reports=reports(), dead=frozenset(wish["dead"])
        )
        strangers = [str(one) for one in wish["dead"] if found.view.member(one) is None]
        if strangers:
            raise Invalid(
                "member_not_in_pool",
                f"{strangers[0]} is not a member of this pool.",
                errors={"dead": [f"{one} is not a member of this pool." for one in strangers]},
            )
        return _decision(found)


@blp.route("/pools/<uuid:pool_id>/failover/acknowledge")
class Acknowledge(MethodView):
    @allow(Role.OPERATOR, "failover:write")
    @blp.response(200, schemas.FailoverOut)
    def post(self, pool_id: UUID) -> dict[str, Any]:
        """Lift the pool's holds: somebody has looked"""
        pool = _pool(pool_id)
        return _shown(pool, service.acknowledge(session(), pool, gates=_gates(), by=actor()))


@blp.route("/pools/<uuid:pool_id>/failover/maintenance")
class Maintenance(MethodView):
    @allow(Role.OPERATOR, "failover:write")
    @blp.arguments(schemas.MaintenanceIn)
    @blp.response(200, schemas.FailoverOut)
    def post(self, wish: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Pause automatic failover, or end the pause"""
        pool = _pool(pool_id)
        return _shown(pool, service.pause(session(), pool, gates=_gates(), by=actor(), **wish))


@blp.route("/pools/<uuid:pool_id>/failover/events")
class Events(MethodView):
    @allow(Role.VIEWER, "failover:read")
    @blp.arguments(schemas.EventsArgs, location="query")
    @blp.response(200, schemas.EventPage)
    def get(self, args: dict[str, Any], pool_id: UUID) -> Page[FailoverEvent]:
        """List a pool's failover events, newest first"""
        return service.events_page(session(), _pool(pool_id), **args)


@blp.route("/failover/events")
class AccountEvents(MethodView):
    @allow(Role.VIEWER, "failover:read")
    @blp.arguments(schemas.EventsArgs, location="query")
    @blp.response(200, schemas.AccountEventPage)
    def get(self, args: dict[str, Any]) -> Page[dict[str, Any]]:
        """List the failover events of all pools, newest first"""
        return service.account_events_page(session(), principal().account_id, **args)


@blp.route("/pools/<uuid:pool_id>/failover/events/<uuid:failover_event_id>")
class OneEvent(MethodView):
    @allow(Role.VIEWER, "failover:read")
    @blp.response(200, schemas.EventDetailOut)
    def get(self, pool_id: UUID, failover_event_id: UUID) -> dict[str, Any]:
        """Read a failover event with its evidence and timeline"""
        event = service.event_of(session(), _pool(pool_id), failover_event_id)
        return {**service.fields_of(event), "timeline": service.timeline_of(session(), event)}


@blp.route("/pools/<uuid:pool_id>/failover/events/<uuid:failover_event_id>/incident")
class Incident(MethodView):
    @allow(Role.VIEWER, "failover:read")
    @blp.response(200, schemas.IncidentOut)
    def get(self, pool_id: UUID, failover_event_id: UUID) -> dict[str, Any]:
        """Export everything around a failover event as one timeline"""
        pool = _pool(pool_id)
        event = service.event_of(session(), pool, failover_event_id)
        return {**service.fields_of(event), "timeline": service.incident(session(), pool, event)}


@blp.route("/pools/<uuid:pool_id>/setup")
class Setup(MethodView):
    @allow(Role.VIEWER, "failover:read")
    @blp.response(200, schemas.SetupOut)
    def get(self, pool_id: UUID) -> dict[str, Any]:
        """What the pool still needs before it fails over by itself"""
        pool = _pool(pool_id)
        found = service.look(session(), pool, liveness=liveness(), dns=dns_facts())
        steps = service.setup_steps(
            found.view,
            found.decision,
            link=session().scalar(select(PoolDns).where(PoolDns.pool_id == pool.id)),
            keys=[key.name for key in credentials.listed(session(), pool.account_id) if key.scope == "dns"],
            auto=service.settings_of(session(), pool, _gates()).auto,
        )
        return {"steps": steps, "complete": all(step.done for step in steps)}


def _shown(pool: Pool, row: FailoverSettings) -> dict[str, Any]:
    found = service.look(session(), pool, liveness=liveness(), dns=dns_facts(), reports=reports())
    last = service.last_event(session(), pool)
    recent = timedelta(seconds=row.banner_sec)
    return {
        "auto": row.auto,
        "recovery_sec": row.recovery_sec,
        "backoff_cap_sec": backoff_cap_sec(row.recovery_sec),
        "probe": {"kind": row.probe_kind, "port": row.probe_port, "path": row.probe_path,
                  "host_header": row.probe_host_header},
        "failback": row.failback,
        "preferred_member_id": row.preferred_member_id,
        "stable_sec": row.stable_sec,
        "banner_sec": row.banner_sec,
        "revision": row.revision,
        "maintenance": {"paused": row.paused, "until": row.paused_until, "reason": row.paused_reason},
        "acknowledged_at": row.acknowledged_at,
        "active_member_id": pool.active_member_id,
        "active_since": pool.active_since,
        "epoch": pool.epoch,
        "last_failover_at": last.created_at if last else None,
        "banner": last is not None and wired().clock.now() - last.created_at < recent,
        "switching": last is not None and last.state == "switching",
        "holds": service.holds_of(session(), pool),
        "decision": _decision(found),
    }  # fmt: skip


def _decision(found: Look) -> dict[str, Any]:
    decision, view = found.decision, found.view
    return {
        "kind": decision.kind.value,
        "reason": decision.reason.value,
        "sentences": decision.sentences,
        "to_member_id": decision.to,
        "weather": weather_of(found.weather),
        "members": [
            {
                "member_id": member.member_id,
                "name": member.name,
                "active": member.member_id == view.active_id,
                "health": verdict(view, member).health.value,
                "ready": decision.readiness[member.member_id].ready,
                "heartbeat_age_sec": round(member.age_sec, 2) if member.heard else None,
                "silence_sec": round(min(member.silence_sec, 1e6), 2),
                "addresses": {kind: list(texts) for kind, texts in member.addresses.items()},
                "gates": [gate_of(gate) for gate in decision.readiness[member.member_id].gates],
                "votes": [
                    {"age_sec" if name == "ageSec" else name: value for name, value in vote_of(vote).items()}
                    for vote in (member.seen_from_here, *member.seen_by_peers.values())
                    if vote is not None
                ],
            }
            for member in view.members
        ],
    }
