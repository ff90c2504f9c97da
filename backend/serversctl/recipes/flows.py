# ruff: noqa: ARG002 - not every part of a Definition looks at everything
"""Every recipe is a kind of workflow. Its preconditions were looked at when it was ordered: they need the reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from ..kernel.sealed import Sealer
from ..workflows.ports import Definition, Results, Skip, StepOrder, StepSpec, Subject
from ..workflows.tables import Workflow, WorkflowStep
from .catalogue import all_recipes
from .ports import Recipe

# How results say that everything was as wanted before the step.
UNTOUCHED = ("changed", "added")


class RecipeFlow(Definition):
    """Params: what was asked, checked, with what `prepare` added."""

    # An agent that has just installed something reports it a heartbeat later.
    passing = frozenset({"stack_absent"})

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.kind = recipe.kind

    def title(self, subject: Subject, params: Mapping[str, Any]) -> str:
        where = f" on {subject.member.hostname}" if subject.member else ""
        return f"{self.recipe.title}{where}"

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        assert subject.member is not None  # noqa: S101
        return [
            StepSpec(
                step.key,
                step.title,
                step.command,
                None if step.on_pool else subject.member.id,
                undo=(step.undo, _some(params, step.undo_asks)) if step.undo else None,
                no_undo_reason=step.no_undo_reason,
                note=step.changes,
            )
            for step in self.recipe.steps
        ]

    def order_of(
        self, session: Session, sealer: Sealer, flow: Workflow, step: WorkflowStep, results: Results
    ) -> StepOrder:
        asked = next(one.asks for one in self.recipe.steps if one.key == step.key)
        return StepOrder(_some(flow.params, asked))

    def undo_of(
        self, session: Session, sealer: Sealer, flow: Workflow, step: WorkflowStep, results: Results
    ) -> StepOrder | Skip:
        result = step.result or {}
        if any(result.get(name) is False for name in UNTOUCHED):
            return Skip("It was like this before the recipe ran, so it stays.")
        return StepOrder(step.undo_params or {})


def _some(params: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: params[name] for name in names if name in params}


FLOWS = [RecipeFlow(recipe) for recipe in all_recipes().values()]
