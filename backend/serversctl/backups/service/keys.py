"""A member's backup keys: made when first needed, rotated, and kept as long as a snapshot needs them."""

from __future__ import annotations

import secrets
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.errors import NotFound
from ...kernel.sealed import Sealer
from ..tables import BackupKey


def _context(member_id: UUID, generation: int) -> str:
    return f"backup_key:{member_id}:{generation}"


def newest_key(session: Session, sealer: Sealer, *, account_id: UUID, member_id: UUID) -> tuple[int, str]:
    """(generation, key as 64 hex digits), made when there is none."""
    generation = session.scalar(select(func.max(BackupKey.generation)).where(BackupKey.member_id == member_id))
    if generation is None:
        return 1, _make(session, sealer, account_id, member_id, 1)
    return generation, key_of(session, sealer, member_id, generation)


def key_of(session: Session, sealer: Sealer, member_id: UUID, generation: int) -> str:
    """The key of a generation. NotFound when it was lost: such snapshots cannot be opened any more."""
    row = session.get(BackupKey, (member_id, generation))
    if row is None:
        raise NotFound(
            "backup_key_missing", f"The key of generation {generation} is not here: restore the database's backup."
        )
    return sealer.open(row.sealed, _context(member_id, generation))


def rotate_key(session: Session, sealer: Sealer, *, account_id: UUID, member_id: UUID, actor: Actor) -> int:
    """A new key for the snapshots to come. The next one is a full one: old packs do not open with it."""
    generation = newest_key(session, sealer, account_id=account_id, member_id=member_id)[0] + 1
    _make(session, sealer, account_id, member_id, generation)
    audit.record(
        session, actor, "backup.key_rotated", account_id=account_id, target_type="member", target_id=member_id,
        details={"generation": generation},
    )  # fmt: skip
    return generation


def _make(session: Session, sealer: Sealer, account_id: UUID, member_id: UUID, generation: int) -> str:
    key = secrets.token_hex(32)
    session.add(
        BackupKey(
            member_id=member_id, generation=generation, account_id=account_id, created_at=database_now(session),
            sealed=sealer.seal(key, _context(member_id, generation)),
        )
    )  # fmt: skip
    session.flush()
    return key
