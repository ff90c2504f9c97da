"""Recipes for people and integrations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity import editions
from ..identity.access import Demand, Role, actor, allow, principal
from ..identity.editions import Gates
from ..identity.rules import refusal
from ..identity.tables import Account
from ..identity.tenancy import owned
from ..jobs.catalogue import Catalogue
from ..kernel.http import Blueprint, session, wired
from ..members.tables import Member
from ..pools.tables import Pool
from ..workflows import service as workflows
from ..workflows.api import refuse_danger
from ..workflows.api import shown as shown_workflows
from ..workflows.jobs import tools_of
from ..workflows.rules import OPEN, State
from ..workflows.schemas import WorkflowOut
from . import schemas, service
from .catalogue import all_recipes, recipe_of
from .looking import facts_of
from .ports import Recipe
from .service import Standing

blp = Blueprint("recipes", __name__, url_prefix="/api/members/<uuid:member_id>/recipes", description="Guided flows")


def _member(member_id: UUID) -> Member:
    return owned(session(), Member, member_id, principal().account_id)


def _gates() -> Gates:
    account = session().get_one(Account, principal().account_id)
    return editions.gates(account, wired().settings, wired().clock.now())


def _catalogue() -> Catalogue:
    return tools_of(wired()).catalogue


def _standings(member: Member, recipes: list[Recipe]) -> list[Standing]:
    tools, flows, gates = tools_of(wired()), service.latest(session(), member), _gates()
    facts, reported = facts_of(session(), wired(), tools, member), tools.facts_of(member.id)
    return [
        service.standing(
            recipe, facts, catalogue=tools.catalogue, reported=reported, gates=gates, flow=flows.get(recipe.kind)
        )
        for recipe in recipes
    ]


def _state(stands: Standing) -> str:
    if stands.flow is None:
        return "never"
    if stands.flow.state in OPEN:
        return "running"
    return "failed" if stands.flow.state == State.CANCELLED else stands.flow.state


def _step(step: Any) -> dict[str, Any]:
    return {name: getattr(step, name) for name in ("key", "title", "command", "changes", "undo", "no_undo_reason")}


def _shown(standings: list[Standing]) -> list[dict[str, Any]]:
    flows = {flow["id"]: flow for flow in shown_workflows([one.flow for one in standings if one.flow])}
    catalogue = _catalogue()
    return [
        {
            **{name: getattr(stands.recipe, name) for name in _FIELDS},
            "dangerous": service.is_dangerous(stands.recipe, catalogue),
            "available": stands.reason is None and _state(stands) != "running",
            "locked": stands.locked,
            "reason": stands.reason or ("It is running." if _state(stands) == "running" else None),
            "state": _state(stands),
            "workflow_id": stands.flow.id if stands.flow else None,
            "last_run_at": stands.flow.created_at if stands.flow else None,
            "error": stands.flow.error if stands.flow else None,
            "can_undo": bool(stands.flow and flows[stands.flow.id]["can_undo"]),
            "steps": [_step(step) for step in stands.recipe.steps],
            "params": service.params_of(stands.recipe, catalogue),
            "preconditions": [asdict(one) for one in stands.preconditions],
        }
        for stands in standings
    ]


@blp.route("")
class Recipes(MethodView):
    @allow(Role.VIEWER, "recipes:read")
    @blp.response(200, schemas.RecipesOut)
    def get(self, member_id: UUID) -> dict[str, Any]:
        """List the recipes of a member; one that cannot be run says why"""
        return {"items": _shown(_standings(_member(member_id), list(all_recipes().values())))}


@blp.route("/<string:recipe_id>/preview")
class Preview(MethodView):
    @allow(Role.OPERATOR, "recipes:write")
    @blp.arguments(schemas.RecipeWish)
    @blp.response(200, schemas.PreviewOut)
    def post(self, wish: dict[str, Any], member_id: UUID, recipe_id: str) -> dict[str, Any]:
        """Show what running a recipe would do; nothing is changed"""
        member, recipe, catalogue = _member(member_id), recipe_of(recipe_id), _catalogue()
        stands = _standings(member, [recipe])[0]
        params = service.checked(recipe, catalogue, wish["params"])
        dangers = {command.id: command.danger.value for command in catalogue}
        return {
            "title": f"{recipe.title} on {member.hostname}",
            "available": stands.reason is None,
            "reason": stands.reason,
            "warning": recipe.warning,
            "dangerous": service.is_dangerous(recipe, catalogue),
            "preconditions": [asdict(one) for one in stands.preconditions],
            "steps": [
                {
                    **_step(step),
                    "params": {name: params[name] for name in step.asks if name in params},
                    "danger": dangers.get(step.command, ""),
                }
                for step in recipe.steps
            ],
        }


@blp.route("/<string:recipe_id>/run")
class Run(MethodView):
    @allow(Role.OPERATOR, "recipes:write")
    @blp.arguments(schemas.RecipeWish)
    @blp.response(202, WorkflowOut)
    def post(self, wish: dict[str, Any], member_id: UUID, recipe_id: str) -> dict[str, Any]:
        """Run a recipe on a member"""
        member, recipe, catalogue = _member(member_id), recipe_of(recipe_id), _catalogue()
        if service.is_dangerous(recipe, catalogue):
            refused = refusal(principal(), Demand(Role.ADMIN, "recipes:write", dangerous=True), wired().clock.now())
            if refused is not None:
                raise refused
        flow = service.run(
            session(), _standings(member, [recipe])[0], wish["params"], catalogue=catalogue, gates=_gates(),
            pool=session().get_one(Pool, member.pool_id), member=member, actor=actor(),
        )  # fmt: skip
        return shown_workflows([flow])[0]


@blp.route("/<string:recipe_id>/undo")
class Undo(MethodView):
    @allow(Role.OPERATOR, "recipes:write")
    @blp.response(202, WorkflowOut)
    def post(self, member_id: UUID, recipe_id: str) -> dict[str, Any]:
        """Take back what the last run of a recipe did"""
        flow = service.last_run(session(), recipe_of(recipe_id), _member(member_id))
        refuse_danger(flow)
        return shown_workflows([workflows.undo(session(), flow, actor())])[0]


_FIELDS = ("id", "title", "description", "category", "warning", "advanced")
