"""Schedules for people and integrations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity.access import Demand, Role, actor, allow, principal
from ..identity.rules import refusal
from ..identity.tenancy import owned
from ..jobs import flags
from ..jobs.catalogue import Command
from ..jobs.ports import MemberFacts
from ..jobs.rules import Danger
from ..kernel.db import database_now
from ..kernel.errors import DomainError, Invalid
from ..kernel.http import Blueprint, PageArgs, session, wired
from ..members.tables import Member
from ..pools.tables import Pool
from ..workflows.jobs import tools_of
from . import rules, schemas, service
from .catalogue import offered
from .service import Wish
from .tables import Schedule, ScheduleRun

blp = Blueprint("schedules", __name__, url_prefix="/api", description="Commands by the clock, in UTC")


def _facts(member: Member | None) -> MemberFacts | None:
    return tools_of(wired()).facts_of(member.id) if member else None


def _refuse_danger(command: Command) -> None:
    """A schedule of a dangerous command asks for what ordering it asks for."""
    if command.danger is Danger.DANGEROUS:
        refused = refusal(principal(), Demand(Role.ADMIN, "schedules:write", dangerous=True), wired().clock.now())
        if refused is not None:
            raise refused


def _wish(given: dict[str, Any]) -> Wish:
    command = tools_of(wired()).catalogue.get(given.pop("command"))
    _refuse_danger(command)
    return Wish(command=command, **given)


def _member(member_id: UUID) -> Member:
    return owned(session(), Member, member_id, principal().account_id)


def _pool(pool_id: UUID) -> Pool:
    return owned(session(), Pool, pool_id, principal().account_id)


def _schedule(schedule_id: UUID, *, lock: bool = False) -> Schedule:
    return service.find(session(), principal().account_id, schedule_id, lock=lock)


def _shown(rows: list[Schedule]) -> list[dict[str, Any]]:
    titles = {command.id: command.title for command in tools_of(wired()).catalogue}
    runs = service.last_runs(session(), [row.id for row in rows])
    return [
        {
            **{name: getattr(row, name) for name in _FIELDS},
            "title": titles.get(row.command, row.command),
            "sentence": rules.sentence_of(row.cron),
            "next_run_at": row.due_at,
            "last_run": runs.get(row.id),
            "origin": "user",
        }
        for row in rows
    ]


def _list(**where: Any) -> dict[str, Any]:
    found = service.listed(session(), principal().account_id, **where)
    return {"items": _shown(list(found.items)), "next_cursor": found.next_cursor}


def _create(wish: Wish, pool: Pool, member: Member | None) -> dict[str, Any]:
    return _shown([service.create(session(), wish, actor(), pool=pool, member=member, facts=_facts(member))])[0]


@blp.route("/members/<uuid:member_id>/schedules")
class MemberSchedules(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, schemas.SchedulePage)
    def get(self, args: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """List a member's schedules by name"""
        return _list(member_id=_member(member_id).id, **args)

    @allow(Role.OPERATOR, "schedules:write")
    @blp.arguments(schemas.ScheduleIn)
    @blp.response(201, schemas.ScheduleOut)
    def post(self, wish: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """Schedule a command for a member"""
        member = _member(member_id)
        return _create(_wish(wish), _pool(member.pool_id), member)


@blp.route("/pools/<uuid:pool_id>/schedules")
class PoolSchedules(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, schemas.SchedulePage)
    def get(self, args: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """List the schedules of a pool and its members by name"""
        return _list(pool_id=_pool(pool_id).id, **args)

    @allow(Role.OPERATOR, "schedules:write")
    @blp.arguments(schemas.ScheduleIn)
    @blp.response(201, schemas.ScheduleOut)
    def post(self, wish: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Schedule a command that the control plane runs for a pool"""
        pool = _pool(pool_id)
        return _create(_wish(wish), pool, None)


@blp.route("/schedules/<uuid:schedule_id>")
class OneSchedule(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.response(200, schemas.ScheduleOut)
    def get(self, schedule_id: UUID) -> dict[str, Any]:
        """Read a schedule"""
        return _shown([_schedule(schedule_id)])[0]

    @allow(Role.OPERATOR, "schedules:write")
    @blp.arguments(schemas.ScheduleIn)
    @blp.response(200, schemas.ScheduleOut)
    def put(self, wish: dict[str, Any], schedule_id: UUID) -> dict[str, Any]:
        """Change a schedule"""
        row = _schedule(schedule_id, lock=True)
        member = session().get(Member, row.member_id) if row.member_id else None
        return _shown([service.change(session(), row, _wish(wish), actor(), _facts(member))])[0]

    @allow(Role.OPERATOR, "schedules:write")
    @blp.response(204)
    def delete(self, schedule_id: UUID) -> None:
        """Remove a schedule and its history; jobs stay"""
        service.delete(session(), _schedule(schedule_id, lock=True), actor())


@blp.route("/schedules/<uuid:schedule_id>/run")
class RunSchedule(MethodView):
    @allow(Role.OPERATOR, "schedules:write")
    @blp.response(202, schemas.ScheduleRunOut)
    def post(self, schedule_id: UUID) -> ScheduleRun:
        """Run a schedule's command now; its next time stays"""
        row, tools = _schedule(schedule_id, lock=True), tools_of(wired())
        _refuse_danger(tools.catalogue.get(row.command))
        run = service.run_by_hand(session(), tools, row, actor())
        if row.member_id is not None:
            flags.raise_after_commit(session(), wired().redis, flags.PENDING, row.member_id)
        return run


@blp.route("/schedules/<uuid:schedule_id>/runs")
class ScheduleRuns(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, schemas.ScheduleRunPage)
    def get(self, args: dict[str, Any], schedule_id: UUID) -> dict[str, Any]:
        """List the runs of a schedule, newest first"""
        found = service.runs_page(session(), _schedule(schedule_id), **args)
        return {"items": found.items, "next_cursor": found.next_cursor}


@blp.route("/schedule-presets")
class Presets(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.arguments(schemas.PresetArgs, location="query")
    @blp.response(200, schemas.PresetsOut)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """List presets for a member or for a pool"""
        tools = tools_of(wired())
        if args["member_id"]:
            return {"items": offered(tools.catalogue, "member", _facts(_member(args["member_id"])))}
        if args["pool_id"]:
            _pool(args["pool_id"])
            return {"items": offered(tools.catalogue, "pool", None)}
        sentence = "Give memberId or poolId: presets differ between them."
        raise Invalid("preset_place_missing", sentence, errors={"memberId": [sentence]})


@blp.route("/schedules/explain")
class Explain(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.arguments(schemas.ExplainIn)
    @blp.response(200, schemas.ExplainOut)
    def post(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Say what a cron expression means and when it comes next"""
        now = database_now(session())
        try:
            cron = rules.checked(wish["cron"], now)
        except DomainError as why:
            return {"ok": False, "sentence": None, "next": [], "problem": why.detail}
        return {
            "ok": True,
            "sentence": rules.sentence_of(cron),
            "next": rules.next_slots(cron, now, 5),
            "problem": None,
        }


@blp.route("/members/<uuid:member_id>/cron-overview")
class MemberCron(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.response(200, schemas.CronOverviewOut)
    def get(self, member_id: UUID) -> dict[str, Any]:
        """Count a member's schedules and name the last run"""
        member = _member(member_id)
        return service.cron_overview(session(), pool_id=member.pool_id, member_id=member.id)


@blp.route("/pools/<uuid:pool_id>/cron-overview")
class PoolCron(MethodView):
    @allow(Role.VIEWER, "schedules:read")
    @blp.response(200, schemas.CronOverviewOut)
    def get(self, pool_id: UUID) -> dict[str, Any]:
        """Count the schedules of a pool and name the last run"""
        return service.cron_overview(session(), pool_id=_pool(pool_id).id)


_FIELDS = (
    "id", "pool_id", "member_id", "name", "command", "params", "cron", "enabled", "jitter_sec", "missed_policy",
    "pause_in_maintenance", "created_at",
)  # fmt: skip
