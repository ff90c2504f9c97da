"""Looking at the recipes of a member, running one, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ..identity import editions
from ..identity.audit import Actor
from ..identity.editions import Gates
from ..jobs.catalogue import Catalogue, Command
from ..jobs.fit import misfit
from ..jobs.ports import MemberFacts
from ..jobs.rules import Danger
from ..kernel.errors import Conflict, DomainError
from ..members.tables import Member
from ..pools.tables import Pool
from ..workflows import service as workflows
from ..workflows.ports import Precondition
from ..workflows.tables import Workflow
from .catalogue import all_recipes
from .ports import Facts, Recipe

GATE = "advanced_recipes"
# Another step of the recipe may bring the stack.
LATER = frozenset({"stack_absent"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A recipe as it stands to one member. `reason` is why it cannot be run now."""

    recipe: Recipe
    preconditions: tuple[Precondition, ...]
    reason: str | None
    locked: bool
    flow: Workflow | None


def standing(
    recipe: Recipe, facts: Facts, *, catalogue: Catalogue, reported: MemberFacts | None, gates: Gates, flow: Workflow | None
) -> Standing:  # fmt: skip
    locked = recipe.advanced and not getattr(gates, GATE)
    needed = (*recipe.checks(facts), *_commands(recipe, catalogue, reported))
    broken = next((one for one in needed if not one.ok), None)
    if locked:
        reason: str | None = "Advanced recipes are part of Pro. Upgrade the account to use it."
    else:
        reason = _sentence(broken) if broken else None
    return Standing(recipe, needed, reason, locked, flow)


def _sentence(broken: Precondition) -> str:
    return f"Not so yet: {broken.text} {broken.fix}"


def _commands(recipe: Recipe, catalogue: Catalogue, reported: MemberFacts | None) -> list[Precondition]:
    """Only what is wrong: that a command exists is nothing to tell people."""
    found = []
    for step in recipe.steps:
        try:
            command = catalogue.find(step.command)
        except DomainError:
            found.append(
                Precondition(False, f"This control plane has the command {step.command}.", "Run `make agent` again.")
            )
            continue
        wrong = None if step.on_pool else misfit(command.id, command.applies, reported)
        if wrong and wrong[0] not in LATER:
            found.append(Precondition(False, f"The agent can do {step.command}.", wrong[1]))
    return found


def latest(session: Session, member: Member) -> dict[str, Workflow]:
    """The last workflow of each recipe, by the recipe's kind."""
    return workflows.latest_of_kind(session, member.id, [recipe.kind for recipe in all_recipes().values()])


def params_of(recipe: Recipe, catalogue: Catalogue) -> dict[str, Mapping[str, Any]]:
    """What people are asked: the recipe's own parameters, and those of its commands that it passes on."""
    asked: dict[str, Mapping[str, Any]] = dict(recipe.params)
    for step in recipe.steps:
        try:
            known = catalogue.find(step.command).params
        except DomainError:
            continue
        asked |= {name: known[name] for name in step.asks if name in known and name not in recipe.prepared}
    return asked


def checked(recipe: Recipe, catalogue: Catalogue, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with their defaults. Raises Invalid `params_invalid` naming every wrong one."""
    form = Command(
        id=recipe.kind, title=recipe.title, description="", danger=Danger.CHANGE, timeout_sec=1, idempotent=True,
        params=params_of(recipe, catalogue),
    )  # fmt: skip
    return form.check(given)


def is_dangerous(recipe: Recipe, catalogue: Catalogue) -> bool:
    """Whether any of its commands, or of their undos, is."""
    ids = [command for step in recipe.steps for command in (step.command, step.undo) if command]
    return any(command.danger is Danger.DANGEROUS for command in catalogue if command.id in ids)


def run(
    session: Session, stands: Standing, given: Mapping[str, Any], *, catalogue: Catalogue, gates: Gates, pool: Pool, member: Member, actor: Actor
) -> Workflow:  # fmt: skip
    """Begin it. Raises Forbidden `plan_locked`, Conflict `recipe_unavailable` with the reason, or `workflow_running`."""
    recipe = stands.recipe
    if stands.locked:
        editions.require(gates, GATE)
    if stands.reason is not None:
        raise Conflict("recipe_unavailable", stands.reason)
    params = checked(recipe, catalogue, given)
    if recipe.prepare is not None:
        params |= recipe.prepare(session, pool, member, params, actor)
    return workflows.start(
        session, recipe.kind, pool=pool, member=member, params=params, actor=actor, dedupe_key=f"recipe:{member.id}:{recipe.id}"
    )  # fmt: skip


def last_run(session: Session, recipe: Recipe, member: Member) -> Workflow:
    """Its newest workflow, locked. Raises Conflict `recipe_never_ran`."""
    found = workflows.latest_of_kind(session, member.id, [recipe.kind]).get(recipe.kind)
    if found is None:
        raise Conflict("recipe_never_ran", f"{recipe.title} was never run on this member: there is nothing to undo.")
    return workflows.flow_of_account(session, member.account_id, found.id, lock=True)
