"""An event with the names that a reader needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class News:
    """What a message is written from."""

    kind: str
    payload: Mapping[str, Any]
    at: str
    pool: str = ""
    member: str = ""
    base_url: str = ""
    pool_id: str = ""
    member_id: str = ""
    secret: str = ""  # the token of a mailed link, opened for the letter alone

    def text(self, key: str, default: str = "") -> str:
        value = self.payload.get(key)
        return default if value is None else str(value)

    def page(self, path: str) -> str:
        """The dashboard's page, empty where nobody said under which address it is reached."""
        return f"{self.base_url}/app{path}" if self.base_url else ""

    def pool_link(self, tab: str = "") -> str:
        return self.page(f"/pools/{self.pool_id}{tab}") if self.pool_id else ""

    def member_link(self) -> str:
        member = f"/members/{self.member_id}/control-panel" if self.member_id else ""
        return self.pool_link(member)
