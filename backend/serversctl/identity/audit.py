"""The audit trail: written at the end of the transaction of the change that it records, or the change fails.

`record` only remembers. Right before the commit all remembered entries are appended: the heads of the chains are
locked for that moment alone, in one order, so that audited changes neither wait for each other's work nor deadlock.
A change that rolls back (or a savepoint that does) takes its entries with it; an entry that cannot be written takes
its change with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction

from ..kernel.db import database_now
from .audit_tables import GLOBAL, AuditEntry, AuditHead

ZERO = "0" * 64
EVERYTHING = "everything"  # the head of all chains together
_KEY = "serversctl.audit"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a user, an API token, a member or the control plane itself."""

    kind: str  # user | token | member | system
    id: UUID | None
    name: str


SYSTEM = Actor("system", None, "control plane")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the request behind an entry came from; the web edge sets it for the length of a request."""

    address: str | None = None
    request_id: str | None = None


origin: ContextVar[Origin] = ContextVar("audit_origin", default=Origin())  # noqa: B039 - frozen


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: AuditEntry
    within: tuple[SessionTransaction, ...]  # the savepoints and the transaction in which it was recorded


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
    """Append one entry when this transaction commits. `details` holds JSON values and never a secret."""
    whence = origin.get()
    entry = AuditEntry(
        chain=str(account_id or GLOBAL),
        account_id=account_id,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:254],
        action=action,
        target_type=target_type,
        target_id=None if target_id is None else str(target_id)[:120],
        details=json.loads(json.dumps(dict(details or {}), default=str)),
        address=whence.address,
        request_id=whence.request_id,
    )
    within: list[SessionTransaction] = []
    step = session.get_nested_transaction() or session.get_transaction()
    if step is None:
        session.begin()
        step = session.get_transaction()
    while step is not None:
        within.append(step)
        step = step.parent
    session.info.setdefault(_KEY, []).append(_Waiting(entry, tuple(within)))


def content_hash(entry: AuditEntry) -> str:
    """SHA-256 over the hash before it and the entry as canonical JSON: any change of either shows."""
    content = {
        "seq": entry.seq,
        "chain": entry.chain,
        "chainSeq": entry.chain_seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "accountId": str(entry.account_id) if entry.account_id else None,
        "actor": [entry.actor_kind, str(entry.actor_id) if entry.actor_id else None, entry.actor_name],
        "action": entry.action,
        "target": [entry.target_type, entry.target_id],
        "details": entry.details,
        "address": entry.address,
        "requestId": entry.request_id,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{entry.prev_hash}{canonical}".encode()).hexdigest()


def link(before: str, entry_hash: str) -> str:
    return hashlib.sha256(f"{before}{entry_hash}".encode()).hexdigest()


def settle(session: Session) -> None:
    """Write the remembered entries now. The commit does this by itself."""
    root = session.get_transaction()
    # A session that was closed and begun anew must not bring entries along from its former life.
    waiting: list[_Waiting] = [item for item in session.info.pop(_KEY, []) if item.within[-1] is root]
    if not waiting:
        return
    now: datetime = database_now(session)
    heads = {EVERYTHING: _locked_head(session, EVERYTHING)}
    for chain in sorted({item.entry.chain for item in waiting}):
        heads[chain] = _locked_head(session, chain)
    for item in waiting:
        everything, own, entry = heads[EVERYTHING], heads[item.entry.chain], item.entry
        entry.at = now
        everything.seq = entry.seq = everything.seq + 1
        own.seq = entry.chain_seq = own.seq + 1
        entry.prev_hash = own.hash
        own.hash = entry.entry_hash = content_hash(entry)
        everything.hash = entry.global_hash = link(everything.hash, entry.entry_hash)
        session.add(entry)
    session.flush()


def _locked_head(session: Session, chain: str) -> AuditHead:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(AuditHead).values(chain=chain, seq=0, hash=ZERO).on_conflict_do_nothing())
    return session.scalars(
        select(AuditHead).where(AuditHead.chain == chain).with_for_update().execution_options(populate_existing=True)
    ).one()


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        settle(session)


@event.listens_for(Session, "after_soft_rollback")
def _after_rollback(session: Session, gone: SessionTransaction) -> None:
    waiting: list[_Waiting] | None = session.info.get(_KEY)
    if waiting:
        session.info[_KEY] = [item for item in waiting if not any(step is gone for step in item.within)]
