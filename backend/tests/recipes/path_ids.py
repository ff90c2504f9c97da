"""A recipe for the ids in paths. Recipes belong to nobody; the member in front of it does."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from support.api import Tenant


def any_recipe(session: Session, tenant: Tenant, made: dict[str, Any]) -> str:
    return "admin_socket"


PATH_IDS = {"recipe_id": any_recipe}
