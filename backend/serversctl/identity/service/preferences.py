"""What a user prefers: kept beside the user, read back with defaults for what an older version did not know."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from ..tables import User

DEFAULTS: dict[str, Any] = {"time_zone": "utc", "theme": "auto", "saved_filters": []}


def preferences_of(user: User) -> dict[str, Any]:
    kept = user.preferences or {}
    return {name: kept.get(name, value) for name, value in DEFAULTS.items()}


def save_preferences(session: Session, user: User, wish: dict[str, Any]) -> dict[str, Any]:
    """Replace them. `wish` was checked at the edge."""
    user.preferences = {name: wish.get(name, value) for name, value in DEFAULTS.items()}
    session.flush()
    return preferences_of(user)
