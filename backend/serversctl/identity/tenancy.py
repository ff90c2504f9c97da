"""Tenant isolation in one place: what belongs to another account is not there."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..kernel.errors import NotFound

Row = TypeVar("Row")


def owned(session: Session, model: type[Row], key: UUID | str, account_id: UUID, *, lock: bool = False) -> Row:
    """The row of this account with this id. Raises NotFound when it is absent or somebody else's."""
    table: Any = model
    query = select(model).where(table.id == key, table.account_id == account_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        what = model.__name__.lower()
        raise NotFound(f"{what}_not_found", f"There is no such {what} in this account.")
    return row
