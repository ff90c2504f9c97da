"""Make, rename, convert and delete pools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from ..identity import audit
from ..identity.tenancy import owned
from ..kernel.db import database_now
from ..kernel.errors import Conflict
from ..kernel.outbox import emit
from ..kernel.paging import Page, decode, encode
from . import rules
from .tables import Pool


def create_pool(session: Session, account_id: UUID, by: audit.Actor, *, name: str, template: str) -> Pool:
    """A pool without members. Its name is unique in the account."""
    cleaned = rules.clean_name(name)
    _refuse_double(session, account_id, cleaned)
    pool = Pool(account_id=account_id, name=cleaned, template=template, created_at=database_now(session))
    session.add(pool)
    session.flush()
    _tell(session, pool, by, "pool.created", {"name": cleaned, "template": template})
    return pool


def get_pool(session: Session, account_id: UUID, pool_id: UUID, *, lock: bool = False) -> Pool:
    return owned(session, Pool, pool_id, account_id, lock=lock)


def list_pools(session: Session, account_id: UUID, *, limit: int, cursor: str | None) -> Page[Pool]:
    """By name."""
    query = select(Pool).where(Pool.account_id == account_id)
    key = decode(cursor, 2)
    if key:
        name, last = str(key[0]), _uuid(str(key[1]))
        query = query.where(or_(Pool.name > name, (Pool.name == name) & (Pool.id > last)))
    rows = session.scalars(query.order_by(Pool.name, Pool.id).limit(limit + 1)).all()
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(shown, encode(shown[-1].name, str(shown[-1].id)) if more else None)


def search_pools(session: Session, account_id: UUID, q: str, limit: int) -> Sequence[Pool]:
    """Pools whose name contains `q` without regard to case; those that begin with it first."""
    name, lowered = func.lower(Pool.name), q.lower()
    return session.scalars(
        select(Pool)
        .where(
            Pool.account_id == account_id,
            or_(name.contains(lowered, autoescape=True), Pool.name.contains(q, autoescape=True)),
        )
        .order_by(case((name.startswith(lowered, autoescape=True), 0), else_=1), Pool.name, Pool.id)
        .limit(limit)
    ).all()


def update_pool(
    session: Session, pool: Pool, by: audit.Actor, *, name: str | None = None, template: str | None = None
) -> Pool:
    """Rename, or convert to the other template. Members stay, nothing on their hosts changes."""
    changes: dict[str, Any] = {}
    if name is not None and (cleaned := rules.clean_name(name)) != pool.name:
        _refuse_double(session, pool.account_id, cleaned)
        changes["name"] = cleaned
    if template is not None and template != pool.template:
        changes["template"] = template
    if changes:
        before = {field: getattr(pool, field) for field in changes}
        for field, value in changes.items():
            setattr(pool, field, value)
        session.flush()
        _tell(
            session, pool, by, "pool.updated",
            {field: {"before": before[field], "after": value} for field, value in changes.items()},
        )  # fmt: skip
    return pool


def delete_pool(session: Session, pool: Pool, by: audit.Actor, *, confirm: str | None) -> None:
    """Delete a pool with its members and all that belongs to them. Asks for its name, typed."""
    if (confirm or "").strip() != pool.name:
        raise Conflict(
            "confirmation_missing",
            f"This deletes the pool with its members, jobs and history: confirm with its name, ?confirm={pool.name}.",
            errors={"confirm": [f"Type {pool.name}."]},
        )
    _tell(session, pool, by, "pool.deleted", {"name": pool.name})
    session.delete(pool)
    session.flush()


def _refuse_double(session: Session, account_id: UUID, name: str) -> None:
    known = session.scalar(select(Pool.id).where(Pool.account_id == account_id, Pool.name == name))
    if known is not None:
        sentence = "Another pool has this name."
        raise Conflict(
            "name_taken", f"There is a pool {name} already: choose another name.", errors={"name": [sentence]},
            extra={"poolId": str(known)},
        )  # fmt: skip


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        decode("broken", 2)
        raise


def _tell(session: Session, pool: Pool, by: audit.Actor, kind: str, details: dict[str, Any]) -> None:
    audit.record(session, by, kind, account_id=pool.account_id, target_type="pool", target_id=pool.id, details=details)
    emit(session, kind, account_id=pool.account_id, pool_id=pool.id, payload=details)
