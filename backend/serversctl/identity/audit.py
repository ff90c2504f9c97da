"""The audit trail: appended to in the transaction of the change that it records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a user, an API token, a member or the control plane itself."""

    kind: str  # user | token | member | system
    id: UUID | None
    name: str


SYSTEM = Actor("system", None, "control plane")


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    account_id: UUID | None,
    target_type: str,
    target_id: UUID | str | None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry. The rows and their hash chain arrive with the audit tables."""
