"""Reading the audit trail: pages, exports, the check of the chain, and heads signed for safe keeping elsewhere."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..kernel.errors import Invalid
from ..kernel.paging import Page, decode, encode
from ..kernel.sealed import derive
from .audit import EVERYTHING, ZERO, content_hash, link
from .audit_tables import AuditEntry, AuditHead

CURSOR_ERRORS = {"cursor": ["Start again without a cursor."]}


@dataclass(frozen=True, slots=True)
class Filters:
    action: str | None = None
    actor: str | None = None
    target_type: str | None = None
    target_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def _query(account_id: UUID, filters: Filters) -> Select[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.account_id == account_id).order_by(AuditEntry.seq.desc())
    for column, value in (
        (AuditEntry.action, filters.action),
        (AuditEntry.actor_name, filters.actor),
        (AuditEntry.target_type, filters.target_type),
        (AuditEntry.target_id, filters.target_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if filters.since is not None:
        query = query.where(AuditEntry.at >= filters.since)
    return query if filters.until is None else query.where(AuditEntry.at < filters.until)


def page(session: Session, account_id: UUID, filters: Filters, limit: int, cursor: str | None) -> Page[AuditEntry]:
    """Newest first."""
    query, after = _query(account_id, filters), decode(cursor, 1)
    if after is not None:
        if not isinstance(after[0], int) or not 0 < after[0] < 1 << 62:
            raise Invalid("cursor_invalid", "The cursor is not one that this list gave out.", errors=CURSOR_ERRORS)
        query = query.where(AuditEntry.seq < after[0])
    rows = session.scalars(query.limit(limit + 1)).all()
    more = len(rows) > limit
    return Page(rows[:limit], encode(rows[limit - 1].seq) if more else None)


def entries(session: Session, account_id: UUID, filters: Filters) -> Iterator[AuditEntry]:
    """All that match, newest first, without holding them all in memory."""
    yield from session.scalars(_query(account_id, filters).execution_options(yield_per=500))


COLUMNS = (
    "seq", "at", "actorKind", "actorId", "actorName", "action", "targetType", "targetId", "details", "address",
    "requestId", "prevHash", "entryHash",
)  # fmt: skip


def as_record(entry: AuditEntry) -> dict[str, Any]:
    at = entry.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    values = (
        entry.seq, at, entry.actor_kind, str(entry.actor_id) if entry.actor_id else None, entry.actor_name,
        entry.action, entry.target_type, entry.target_id, entry.details, entry.address, entry.request_id,
        entry.prev_hash, entry.entry_hash,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def csv_line(values: Iterator[Any] | list[Any]) -> str:
    """One CSV line. A cell that a spreadsheet would take for a formula gets a quote in front of it."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(_cell, values))
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")) else text


def export_lines(found: Iterator[AuditEntry], kind: str) -> Iterator[str]:
    """The export as text, piece by piece: `csv`, or `json` with one object per line inside a list."""
    if kind == "csv":
        yield csv_line(list(COLUMNS))
        for entry in found:
            yield csv_line(list(as_record(entry).values()))
        return
    yield "["
    for number, entry in enumerate(found):
        yield (",\n" if number else "\n") + json.dumps(as_record(entry), ensure_ascii=False)
    yield "\n]\n"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the trail is not what was written."""

    seq: int
    reason: str


def verify(session: Session) -> list[Finding]:
    """Walk all entries in order; gives what was edited, removed or put in another place. Empty is good."""
    found: list[Finding] = []
    chains: dict[str, tuple[int, str]] = {}
    seq, before = 0, ZERO
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=500)):
        own_seq, own_hash = chains.get(entry.chain, (0, ZERO))
        if entry.seq != seq + 1:
            found.append(Finding(entry.seq, f"entries {seq + 1} to {entry.seq - 1} are missing"))
        if entry.prev_hash != own_hash or entry.chain_seq != own_seq + 1:
            found.append(Finding(entry.seq, "it does not follow the entry before it in its chain"))
        if content_hash(entry) != entry.entry_hash:
            found.append(Finding(entry.seq, "its content was changed"))
        if link(before, entry.entry_hash) != entry.global_hash:
            found.append(Finding(entry.seq, "it does not follow the entry before it"))
        chains[entry.chain] = (entry.chain_seq, entry.entry_hash)
        seq, before = entry.seq, entry.global_hash
    chains[EVERYTHING] = (seq, before)
    for head in session.scalars(select(AuditHead)):
        if chains.pop(head.chain, (0, ZERO)) != (head.seq, head.hash):
            found.append(Finding(head.seq, f"the end of the chain {head.chain} is missing or was changed"))
    found += [Finding(end[0], f"the head of the chain {chain} is missing") for chain, end in chains.items() if end[0]]
    return found


@dataclass(frozen=True, slots=True)
class SignedHead:
    at: str
    chain: str
    seq: int
    hash: str
    public_key: str
    signature: str

    def text(self) -> bytes:
        return f"{self.chain} {self.seq} {self.hash} {self.at}".encode()


def signed_head(session: Session, account_id: UUID | None, secret_key: str, now: datetime) -> SignedHead:
    """The end of an account's chain (None: of everything), signed. Kept elsewhere, it pins all that came before."""
    chain = EVERYTHING if account_id is None else str(account_id)
    head = session.get(AuditHead, chain)
    key = Ed25519PrivateKey.from_private_bytes(derive(secret_key, "audit-heads-v1"))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    at = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    draft = SignedHead(
        at, chain, head.seq if head else 0, head.hash if head else ZERO, base64.b64encode(public).decode(), ""
    )
    signature = base64.b64encode(key.sign(draft.text())).decode()
    return SignedHead(draft.at, draft.chain, draft.seq, draft.hash, draft.public_key, signature)


def matches_head(session: Session, head: SignedHead) -> bool:
    """Whether the signature is good and the trail still holds the entry that the head names."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(head.public_key))
        public.verify(base64.b64decode(head.signature), head.text())
    except (InvalidSignature, ValueError):
        return False
    if head.seq == 0:
        return True
    if head.chain == EVERYTHING:
        held = session.scalar(select(AuditEntry.global_hash).where(AuditEntry.seq == head.seq))
    else:
        held = session.scalar(
            select(AuditEntry.entry_hash).where(AuditEntry.chain == head.chain, AuditEntry.chain_seq == head.seq)
        )
    return held == head.hash
