"""Writes down what was found at a pool's name and what we wrote there, and tells the other rooms."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..kernel.db import SessionFactory, database_now, unit_of_work
from ..kernel.ids import new_id
from ..kernel.outbox import emit
from .links import Link
from .ports import Zone
from .preflight import Preflight
from .reconcile import Convergence, Outcome, Want
from .service import trim
from .tables import DnsPreflight, DnsWrite, PoolDns

log = logging.getLogger(__name__)

# A write whose answer was lost may still land; a record that turns up within this time is ours.
LATE_EFFECTS = timedelta(hours=1)

STATE_OF = {
    Outcome.IN_SYNC: "in_sync",
    Outcome.APPLIED: "in_sync",
    Outcome.DRIFT: "drift",
    Outcome.CONFLICT: "conflict",
    Outcome.UNKNOWN: "unknown",
}
TOLD = frozenset({"conflict", "error", "drift"})


def store(
    sessions: SessionFactory,
    link: Link,
    want: Want,
    found: Convergence,
    zone: Zone | None,
    *,
    restored: bool = False,
    state: str | None = None,
) -> None:
    """Keep the result of one look or one convergence; a state that turned bad is told once."""
    with unit_of_work(sessions) as session:
        row = session.scalar(select(PoolDns).where(PoolDns.pool_id == link.pool_id).with_for_update())
        if row is None or (row.fqdn, row.zone, row.credential_id) != (link.fqdn, link.zone, link.key.id):
            log.warning("the name of pool %s changed while it was being written", link.pool_id)
            return
        now, before = database_now(session), row.state
        row.state, row.detail = state or STATE_OF.get(found.outcome, "error"), found.detail
        row.verified = found.verified
        if zone is not None:
            row.zone_ref = zone.ref
        if found.records or found.done:
            row.observed = {kind: list(contents) for kind, contents in found.observed.items()}
            row.observed_at = now
        _log_writes(session, link, found, now, restored=restored)
        if found.done and want:
            # Another TTL may have been chosen meanwhile: then what was written is not what is wanted any more.
            if (row.ttl, row.proxied) == (link.ttl, link.proxied):
                row.wanted = {kind: list(contents) for kind, contents in want.items()}
            held = {text for record in found.records for text in (record.id, record.key)}
            row.owned = sorted(held | _maybe_ours(session, link, now))
        elif found.writes:
            row.owned = sorted(set(row.owned) | {f"{w.type}/{w.new}" for w in found.writes if w.new})
        if row.state != before and row.state in TOLD:
            payload = {"fqdn": link.fqdn, "outcome": found.outcome.value, "detail": found.detail}
            emit(session, f"dns.{row.state}", account_id=link.account_id, pool_id=link.pool_id, payload=payload)
        trim(session, link.pool_id)


def store_preflight(sessions: SessionFactory, link: Link, found: Preflight) -> None:
    """Keep one pre-flight; a change of colour is told."""
    with unit_of_work(sessions) as session:
        row = session.scalar(select(PoolDns).where(PoolDns.pool_id == link.pool_id).with_for_update())
        if row is None:
            return
        now, last = database_now(session), row.preflight_colour
        bad = " ".join(f"{s.name}: {s.why} {s.fix}".strip() for s in found.steps if not s.ok or s.warn)
        row.preflight_colour, row.preflight_detail, row.preflight_at = found.colour.value, bad, now
        session.add(
            DnsPreflight(
                id=new_id(),
                account_id=link.account_id,
                pool_id=link.pool_id,
                at=now,
                colour=found.colour.value,
                wrote=found.wrote,
                steps=[step.as_json() for step in found.steps],
            )
        )
        if found.colour.value != (last or "green"):
            payload = {"fqdn": link.fqdn, "from": last, "to": found.colour.value, "detail": bad}
            emit(
                session,
                "dns.preflight_changed",
                account_id=link.account_id,
                pool_id=link.pool_id,
                payload=payload,
            )
        session.flush()
        trim(session, link.pool_id)


def _maybe_ours(session: Session, link: Link, now: datetime) -> set[str]:
    """Records whose write was sent and whose answer was lost: they may still turn up."""
    query = select(DnsWrite.type, DnsWrite.new).where(
        DnsWrite.pool_id == link.pool_id,
        DnsWrite.fqdn == link.fqdn,
        DnsWrite.certain.is_(False),
        DnsWrite.at > now - LATE_EFFECTS,
    )
    return {f"{kind}/{content}" for kind, content in session.execute(query) if content}


def _log_writes(session: Session, link: Link, found: Convergence, now: datetime, *, restored: bool) -> None:
    for write in found.writes:
        session.add(
            DnsWrite(
                id=new_id(),
                account_id=link.account_id,
                pool_id=link.pool_id,
                at=now,
                fqdn=link.fqdn,
                kind=write.kind,
                type=write.type,
                old=write.old,
                new=write.new,
                certain=write.certain,
                restored=restored,
            )
        )
    if found.writes:
        payload = {
            "fqdn": link.fqdn,
            "changes": [{"type": w.type, "old": w.old, "new": w.new} for w in found.writes],
            "outcome": found.outcome.value,
        }
        kind = "dns.restored" if restored else "dns.written"
        emit(session, kind, account_id=link.account_id, pool_id=link.pool_id, payload=payload)
    session.flush()
