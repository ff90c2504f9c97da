"""Every recipe in the folder holds what it promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from serversctl.jobs.catalogue import HERE, load
from serversctl.recipes.catalogue import all_recipes
from serversctl.recipes.ports import CATEGORIES, Facts, Recipe

READY = Facts(
    hostname="lb1.example.com", heard=True, stacks=frozenset({"haproxy"}), agent_version=1, newest_agent=2,
    admin_socket=False, dns_linked=True, pool_name="www.example.com",
)  # fmt: skip
RECIPES = pytest.mark.parametrize("recipe", all_recipes().values(), ids=lambda recipe: recipe.id)


@RECIPES
def test_its_commands_exist_where_they_run_and_take_what_it_passes(recipe: Recipe):
    catalogue = load("")
    for step in recipe.steps:
        command = catalogue.find(step.command)
        assert (command.runs_on == HERE) == step.on_pool
        assert set(step.asks) <= set(command.params)
        required = {name for name, spec in command.params.items() if spec.get("required")}
        assert required <= set(step.asks)
        if step.undo:
            assert set(step.undo_asks) <= set(catalogue.find(step.undo).params)


@RECIPES
def test_each_step_has_a_way_back_or_says_why_not(recipe: Recipe):
    assert recipe.steps
    for step in recipe.steps:
        assert (step.undo is None) == bool(step.no_undo_reason)
        assert step.changes.endswith(".")
    assert recipe.category in CATEGORIES


@RECIPES
def test_what_keeps_it_from_running_is_said_with_its_fix(recipe: Recipe):
    broken = [one for one in recipe.checks(Facts(hostname="lb1")) if not one.ok]

    assert broken
    assert all(one.text.endswith(".") and one.fix.endswith(".") for one in broken)


@RECIPES
def test_a_member_that_is_ready_for_it_can_run_it(recipe: Recipe):
    facts = replace(READY, stacks=frozenset()) if recipe.id == "install_haproxy" else READY

    assert [one.text for one in recipe.checks(facts) if not one.ok] == []
