"""The recipes that exist."""

from __future__ import annotations

from functools import cache

from ..kernel.errors import NotFound
from ..kernel.plugins import load_all
from . import catalog
from .ports import CATEGORIES, Recipe


@cache
def all_recipes() -> dict[str, Recipe]:
    """By id, in the order of the categories and titles."""
    found: list[Recipe] = [module.RECIPE for module in load_all(catalog)]
    found.sort(key=lambda recipe: (CATEGORIES.index(recipe.category), recipe.title))
    named = {recipe.id: recipe for recipe in found}
    if len(named) != len(found):
        raise ValueError("two recipes have the same id")
    return named


def recipe_of(recipe_id: str) -> Recipe:
    found = all_recipes().get(recipe_id)
    if found is None:
        raise NotFound("recipe_not_found", f"There is no recipe {recipe_id[:64]!r} in this version.")
    return found
