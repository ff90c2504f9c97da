"""Cursor pages: `?limit=&cursor=` in, `{items, nextCursor}` out."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .errors import Invalid

T = TypeVar("T")
LIMIT_DEFAULT, LIMIT_MAX = 100, 500


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    next_cursor: str | None


def encode(*key: Any) -> str:
    """An opaque cursor from the sort key of the last row shown."""
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode().rstrip("=")


def decode(cursor: str | None, size: int) -> list[Any] | None:
    """The sort key of a cursor with `size` parts, or None for the first page."""
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(key, list) or len(key) != size:
            raise ValueError(cursor)
    except ValueError as why:
        raise Invalid(
            "cursor_invalid",
            "The cursor is not one that this list gave out: start again without it.",
            errors={"cursor": ["Start again without a cursor."]},
        ) from why
    return key
