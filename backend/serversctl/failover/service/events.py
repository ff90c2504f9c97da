"""What happened: the pool's moves with their timelines, and one incident as a document."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ...dns.tables import DnsWrite
from ...identity.tables import AuditEntry
from ...jobs.tables import Job
from ...kernel import paging
from ...kernel.errors import Invalid, NotFound
from ...kernel.outbox import OutboxEvent
from ...kernel.paging import Page
from ...notifications.tables import Delivery
from ...pools.tables import Pool
from ..tables import FailoverEvent, FailoverEventEntry, FailoverHold

AROUND = timedelta(minutes=10)
ROWS_MAX = 500


def events_page(session: Session, pool: Pool, *, limit: int, cursor: str | None) -> Page[FailoverEvent]:
    """Newest first."""
    return _page(session, FailoverEvent.pool_id == pool.id, limit=limit, cursor=cursor)


def account_events_page(session: Session, account_id: UUID, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
    """The moves of all pools with the pools' names, newest first."""
    found = _page(session, FailoverEvent.account_id == account_id, limit=limit, cursor=cursor)
    ids = {event.pool_id for event in found.items}
    names = {row.id: row.name for row in session.execute(select(Pool.id, Pool.name).where(Pool.id.in_(ids)))}
    return Page([{**fields_of(event), "pool_name": names[event.pool_id]} for event in found.items], found.next_cursor)


def fields_of(event: FailoverEvent) -> dict[str, Any]:
    return {column.key: getattr(event, column.key) for column in FailoverEvent.__table__.columns}


def _page(session: Session, whose: ColumnElement[bool], *, limit: int, cursor: str | None) -> Page[FailoverEvent]:
    query = select(FailoverEvent).where(whose)
    key = paging.decode(cursor, 2)
    if key is not None:
        at, event_id = _key(key)
        older = FailoverEvent.created_at < at
        query = query.where(or_(older, and_(FailoverEvent.created_at == at, FailoverEvent.id < event_id)))
    rows = session.scalars(
        query.order_by(FailoverEvent.created_at.desc(), FailoverEvent.id.desc()).limit(limit + 1)
    ).all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(rows[:limit], paging.encode(last.created_at.isoformat(), str(last.id)) if last else None)


def event_of(session: Session, pool: Pool, event_id: UUID) -> FailoverEvent:
    event = session.get(FailoverEvent, event_id)
    if event is None or event.pool_id != pool.id:
        raise NotFound("failover_event_not_found", "There is no such failover event in this pool.")
    return event


def timeline_of(session: Session, event: FailoverEvent) -> list[FailoverEventEntry]:
    query = select(FailoverEventEntry).where(FailoverEventEntry.event_id == event.id)
    return list(session.scalars(query.order_by(FailoverEventEntry.at, FailoverEventEntry.id)))


def holds_of(session: Session, pool: Pool) -> list[FailoverHold]:
    query = select(FailoverHold).where(FailoverHold.pool_id == pool.id)
    return list(session.scalars(query.order_by(FailoverHold.since)))


def last_event(session: Session, pool: Pool) -> FailoverEvent | None:
    query = select(FailoverEvent).where(FailoverEvent.pool_id == pool.id)
    return session.scalar(query.order_by(FailoverEvent.epoch.desc()).limit(1))


def incident(session: Session, pool: Pool, event: FailoverEvent) -> list[dict[str, Any]]:
    """One timeline of everything around a move (B14): decision, DNS writes, jobs, news, messages, what people did."""
    since, until = event.created_at - AROUND, (event.finished_at or event.created_at) + AROUND
    lines = [
        *({"at": e.at, "kind": f"failover.{e.kind}", "text": e.text, "details": e.details} for e in timeline_of(session, event)),
        *_writes(session, pool, since, until),
        *_jobs(session, pool, since, until),
        *_alerts(session, pool, since, until),
        *_messages(session, pool, since, until),
        *_people(session, pool, since, until),
    ]  # fmt: skip
    return sorted(lines, key=lambda line: line["at"])


def _writes(session: Session, pool: Pool, since: datetime, until: datetime) -> list[dict[str, Any]]:
    query = select(DnsWrite).where(DnsWrite.pool_id == pool.id, DnsWrite.at.between(since, until)).limit(ROWS_MAX)
    return [
        {"at": w.at, "kind": "dns.written", "text": f"{w.fqdn}: {w.type} {w.old or 'nothing'} → {w.new or 'nothing'}",
         "details": {"change": w.kind, "certain": w.certain}}
        for w in session.scalars(query)
    ]  # fmt: skip


def _jobs(session: Session, pool: Pool, since: datetime, until: datetime) -> list[dict[str, Any]]:
    query = select(Job).where(Job.pool_id == pool.id, Job.created_at.between(since, until)).limit(ROWS_MAX)
    return [
        {"at": j.created_at, "kind": "job.ordered", "text": f"{j.command} was ordered.",
         "details": {"jobId": str(j.id), "memberId": str(j.member_id) if j.member_id else None, "status": j.state}}
        for j in session.scalars(query)
    ]  # fmt: skip


def _alerts(session: Session, pool: Pool, since: datetime, until: datetime) -> list[dict[str, Any]]:
    query = (
        select(OutboxEvent)
        .where(OutboxEvent.pool_id == pool.id, OutboxEvent.created_at.between(since, until))
        .limit(ROWS_MAX)
    )
    return [
        {"at": o.created_at, "kind": f"news.{o.kind}", "text": o.kind, "details": o.payload}
        for o in session.scalars(query)
    ]


def _messages(session: Session, pool: Pool, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Who was told, on which way, and whether it got through. At the moment it went out, or was made while it waits."""
    query = (
        select(Delivery)
        .where(Delivery.account_id == pool.account_id, Delivery.pool_id == pool.id)
        .where(Delivery.created_at.between(since, until))
        .limit(ROWS_MAX)
    )
    return [
        {"at": d.sent_at or d.created_at, "kind": f"message.{d.state}", "text": str(d.message.get("subject", d.kind)),
         "details": {"channelKind": d.channel_kind, "recipient": d.recipient, "about": d.kind, "attempts": d.attempts,
                     "lastError": d.last_error}}
        for d in session.scalars(query)
    ]  # fmt: skip


def _people(session: Session, pool: Pool, since: datetime, until: datetime) -> list[dict[str, Any]]:
    query = (
        select(AuditEntry)
        .where(AuditEntry.account_id == pool.account_id, AuditEntry.at.between(since, until))
        .where(AuditEntry.target_id == str(pool.id))
        .limit(ROWS_MAX)
    )
    return [
        {"at": a.at, "kind": f"audit.{a.action}", "text": f"{a.actor_name}: {a.action}", "details": a.details}
        for a in session.scalars(query)
    ]


def _key(key: list[Any]) -> tuple[datetime, UUID]:
    try:
        return datetime.fromisoformat(key[0]), UUID(key[1])
    except (TypeError, ValueError) as why:
        raise Invalid("cursor_invalid", "The cursor is not one that this list gave out.") from why
