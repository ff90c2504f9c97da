"""The log of deliveries: what is due, what went out, and its bound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.paging import Page, decode, encode
from ..tables import Delivery

DUE_AT_ONCE = 50
KEPT_DAYS, KEPT_PER_ACCOUNT = 30, 5000


def due_deliveries(session: Session) -> Sequence[Delivery]:
    now = database_now(session)
    return session.scalars(
        select(Delivery)
        .where(Delivery.state == "waiting", Delivery.next_try_at <= now)
        .order_by(Delivery.next_try_at)
        .limit(DUE_AT_ONCE)
    ).all()


def deliveries_page(
    session: Session,
    account_id: UUID,
    *,
    limit: int,
    cursor: str | None,
    channel_id: UUID | None = None,
    pool_id: UUID | None = None,
    state: str | None = None,
) -> Page[Delivery]:
    """Newest first."""
    wanted = select(Delivery).where(Delivery.account_id == account_id)
    if channel_id is not None:
        wanted = wanted.where(Delivery.channel_id == channel_id)
    if pool_id is not None:
        wanted = wanted.where(Delivery.pool_id == pool_id)
    if state is not None:
        wanted = wanted.where(Delivery.state == state)
    after = decode(cursor, 2)
    if after:
        at, last = _cursor_key(after)
        wanted = wanted.where(or_(Delivery.created_at < at, and_(Delivery.created_at == at, Delivery.id < last)))
    rows = session.scalars(wanted.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit + 1)).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode(more.created_at.isoformat(), str(more.id)) if more else None)


def _cursor_key(key: list[object]) -> tuple[datetime, UUID]:
    try:
        at = datetime.fromisoformat(str(key[0]))
        if at.tzinfo is None:
            raise ValueError(at)
        return at, UUID(str(key[1]))
    except ValueError:
        decode("broken", 2)
        raise


def last_deliveries(session: Session, channel_ids: Sequence[UUID]) -> dict[UUID, Delivery]:
    """The newest delivery that was tried, by channel."""
    newest = (
        select(Delivery.channel_id, func.max(Delivery.created_at).label("at"))
        .where(Delivery.channel_id.in_(channel_ids), Delivery.attempts > 0)
        .group_by(Delivery.channel_id)
        .subquery()
    )
    rows = session.scalars(
        select(Delivery).join(
            newest, and_(Delivery.channel_id == newest.c.channel_id, Delivery.created_at == newest.c.at)
        )
    )
    return {row.channel_id: row for row in rows if row.channel_id is not None}


def forget_old(session: Session) -> int:
    """Bound the log: 30 days, and the newest 5,000 of each account."""
    now = database_now(session)
    over = Delivery.state != "waiting"
    gone = session.execute(delete(Delivery).where(over, Delivery.created_at < now - timedelta(days=KEPT_DAYS)))
    assert isinstance(gone, CursorResult)  # noqa: S101
    removed = gone.rowcount
    crowded = session.scalars(
        select(Delivery.account_id).where(over).group_by(Delivery.account_id).having(func.count() > KEPT_PER_ACCOUNT)
    ).all()
    for account_id in crowded:
        edge = session.scalar(
            select(Delivery.created_at)
            .where(over, Delivery.account_id == account_id)
            .order_by(Delivery.created_at.desc())
            .offset(KEPT_PER_ACCOUNT)
            .limit(1)
        )
        cut = session.execute(
            delete(Delivery).where(over, Delivery.account_id == account_id, Delivery.created_at <= edge)
        )
        assert isinstance(cut, CursorResult)  # noqa: S101
        removed += cut.rowcount
    return removed
