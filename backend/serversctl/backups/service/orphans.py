"""Objects that no snapshot names any more: what a crash left between the store and the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...storage.ports import Store, Stored
from ..tables import Snapshot

# Longer than any backup may run: what it wrote is named by its row when it ends.
YOUNG = timedelta(hours=24)
BATCH = 500


def remove_orphans(session: Session, store: Store, prefix: str = "") -> int:
    """Remove old objects in snapshot folders whose row is gone; how many there were.

    Only keys of our own shape are touched: a bucket may hold other things. Objects that a younger snapshot still names
    stay, whatever happened to the row of the one that wrote them.
    """
    limit = database_now(session) - YOUNG
    gone = 0
    for batch in _batches(_old_objects(store, prefix, limit)):
        known = set(session.scalars(select(Snapshot.id).where(Snapshot.id.in_({owner for owner, _ in batch}))))
        loose = [(owner, found) for owner, found in batch if owner not in known]
        if not loose:
            continue
        needed = _needed(session, {_place_of(found.key) for _, found in loose})
        keys = [found.key for _, found in loose if found.key not in needed]
        store.delete(keys)
        gone += len(keys)
    return gone


def owner_of(key: str) -> UUID | None:
    """The snapshot of `{account}/sites/{pool}/snapshots/{snapshot}/…`; None for a key that is not of this shape."""
    parts = key.split("/")
    if len(parts) < 6 or parts[1] != "sites" or parts[3] != "snapshots":
        return None
    try:
        return [UUID(parts[0]), UUID(parts[2]), UUID(parts[4])][-1]
    except ValueError:
        return None


def _old_objects(store: Store, prefix: str, limit: datetime) -> Iterator[tuple[UUID, Stored]]:
    for found in store.list(prefix):
        owner = owner_of(found.key)
        if owner is not None and found.modified_at < limit:
            yield owner, found


def _batches(rows: Iterator[tuple[UUID, Stored]]) -> Iterator[list[tuple[UUID, Stored]]]:
    batch: list[tuple[UUID, Stored]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _place_of(key: str) -> tuple[UUID, UUID]:
    parts = key.split("/")
    return UUID(parts[0]), UUID(parts[2])


def _needed(session: Session, places: set[tuple[UUID, UUID]]) -> set[str]:
    """Every key that a snapshot of these accounts and pools names."""
    found: set[str] = set()
    for account_id, pool_id in places:
        rows = session.scalars(
            select(Snapshot.packs).where(Snapshot.account_id == account_id, Snapshot.pool_id == pool_id)
        )
        found.update(str(pack["key"]) for packs in rows for pack in packs)
    return found
