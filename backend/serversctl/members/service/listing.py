"""Members by the thousand: rows for lists, by name or age, and the few that match a search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, case, cast, false, func, or_, select
from sqlalchemy.orm import Session

from ...kernel.errors import Invalid
from ...kernel.paging import Page, decode, encode
from ...pools.tables import Pool
from ..tables import Member

_C = Member.__table__.c
# The columns of a list. SQLite keeps a UUID as 32 digits, PostgreSQL writes it with dashes: see `dashed`.
ROW: tuple[Any, ...] = (
    cast(_C.id, Text).label("id"),
    cast(_C.pool_id, Text).label("pool_id"),
    _C.hostname,
    _C.display_name,
    _C.template,
    _C.linux_family,
    cast(_C.allowed_ips, Text).label("allowed_ips"),
    cast(_C.public_ips, Text).label("public_ips"),
    _C.priority,
    _C.never_promote,
    _C.maintenance,
    cast(_C.location, Text).label("location"),
    _C.next_secret_sealed.is_not(None).label("secret_pending"),
    _C.created_at,
    _C.first_seen_at,
)


def dashed(text: str) -> str:
    """A UUID's text in its usual form."""
    if len(text) == 36:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


SORTS = ("hostname", "-hostname", "createdAt", "-createdAt")
_ADDRESS_PART = re.compile(r"[0-9A-Fa-f.:/]+\Z")


def list_members(
    session: Session,
    account_id: UUID,
    *,
    pool_id: UUID | None = None,
    q: str | None = None,
    template: str | None = None,
    sort: str = "hostname",
    limit: int,
    cursor: str | None = None,
) -> Page[Any]:
    """Rows (not objects: they are read by the thousand), filtered and sorted.

    Ids and lists come as the text that the database has: parsing them would cost more than all the rest.
    A cursor belongs to its sort; with another one it is refused.
    """
    query = select(*ROW).where(_C.account_id == account_id)
    if pool_id is not None:
        query = query.where(_C.pool_id == pool_id)
    if q:
        query = query.where(matches(q))
    if template is not None:
        query = query.where(_C.template == template)
    by, down = (_C.created_at if sort.endswith("createdAt") else _C.hostname), sort.startswith("-")
    key = decode(cursor, 3)
    if key:
        value, last = _place(key, sort)
        beyond = (
            (by < value) | ((by == value) & (_C.id < last)) if down else (by > value) | ((by == value) & (_C.id > last))
        )
        query = query.where(beyond)
    order = (by.desc(), _C.id.desc()) if down else (by, _C.id)
    # Past the ORM: its loader would cost as much as the database.
    rows = session.connection().execute(query.order_by(*order).limit(limit + 1)).all()
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(shown, encode(sort, getattr(shown[-1], by.key), dashed(shown[-1].id)) if more else None)


def matches(q: str) -> ColumnElement[bool]:
    """Host name, display name or allowed address contains `q`, without regard to case.

    Databases differ in what they take for the lower form of letters beyond ASCII, so those are compared as typed too.
    """
    lowered = q.lower()
    address = cast(_C.allowed_ips, Text).contains(lowered, autoescape=True) if _ADDRESS_PART.match(q) else false()
    return or_(
        _C.hostname.contains(lowered, autoescape=True),
        func.lower(_C.display_name).contains(lowered, autoescape=True),
        _C.display_name.contains(q, autoescape=True),
        address,
    )


def search_members(session: Session, account_id: UUID, q: str, limit: int) -> Sequence[Any]:
    """Members that match, with their pool's name; those whose name begins with it first."""
    begins = or_(
        _C.hostname.startswith(q.lower(), autoescape=True),
        func.lower(_C.display_name).startswith(q.lower(), autoescape=True),
    )
    return session.execute(
        select(Member.id, Member.hostname, Member.display_name, Member.pool_id, Pool.name.label("pool_name"))
        .join(Pool, Pool.id == Member.pool_id)
        .where(_C.account_id == account_id, matches(q))
        .order_by(case((begins, 0), else_=1), Member.hostname, Member.id)
        .limit(limit)
    ).all()


def rows_of_pool(session: Session, pool_id: UUID) -> Sequence[Any]:
    """All members of a pool by host name, as rows like those of `list_members`."""
    return session.connection().execute(select(*ROW).where(_C.pool_id == pool_id).order_by(_C.hostname, _C.id)).all()


def _place(key: list[Any], sort: str) -> tuple[Any, UUID]:
    """Where the page before ended. Raises Invalid for a cursor of another list."""
    try:
        if key[0] != sort:
            raise ValueError(key[0])
        value = datetime.fromisoformat(key[1]) if sort.endswith("createdAt") else str(key[1])
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError(key[1])
        return value, UUID(key[2])
    except (ValueError, TypeError, AttributeError) as why:
        raise Invalid(
            "cursor_invalid",
            "The cursor is not one that this list gave out: start again without it.",
            errors={"cursor": ["Start again without a cursor."]},
        ) from why
