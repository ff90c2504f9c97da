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

    def pool_link(self, tab: str = "") -> str:
        return f"{self.base_url}/pools/{self.pool_id}{tab}" if self.base_url and self.pool_id else ""

    def member_link(self) -> str:
        return f"{self.base_url}/members/{self.member_id}" if self.base_url and self.member_id else ""
