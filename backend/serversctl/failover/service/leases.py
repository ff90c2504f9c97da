"""The lease row: taken, renewed and given up with conditional UPDATEs, by the database's clock alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ..ports import LeaseHeld
from ..tables import MonitorLease


def acquire(session: Session, name: str, holder: str, ttl_sec: float) -> LeaseHeld | None:
    """Take the lease if nobody has it now. `clean` says that the holder before gave it up by itself."""
    now = database_now(session)
    row = session.scalar(select(MonitorLease).where(MonitorLease.name == name).with_for_update())
    until = now + timedelta(seconds=ttl_sec)
    if row is None:
        session.add(MonitorLease(name=name, holder=holder, epoch=1, expires_at=until))
        session.flush()
        return LeaseHeld(name, holder, 1, clean=True)
    if row.expires_at > now and not row.released:
        return None
    clean, epoch = row.released, row.epoch
    taken = session.execute(
        update(MonitorLease)
        .where(MonitorLease.name == name, MonitorLease.epoch == epoch, MonitorLease.expires_at == row.expires_at)
        .values(holder=holder, epoch=epoch + 1, expires_at=until, released=False)
        .execution_options(synchronize_session=False)
    )
    return LeaseHeld(name, holder, epoch + 1, clean) if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def renew(session: Session, lease: LeaseHeld, ttl_sec: float, status: Mapping[str, Any]) -> bool:
    """Extend it and leave word of what we see. False: somebody else has it."""
    now = database_now(session)
    done = session.execute(
        update(MonitorLease)
        .where(*_mine(lease))
        .values(expires_at=now + timedelta(seconds=ttl_sec), status=dict(status), status_at=now)
        .execution_options(synchronize_session=False)
    )
    return done.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def release(session: Session, lease: LeaseHeld) -> None:
    session.execute(
        update(MonitorLease)
        .where(*_mine(lease))
        .values(released=True, expires_at=database_now(session))
        .execution_options(synchronize_session=False)
    )


def lease_is_held(session: Session, lease: LeaseHeld, now: datetime) -> bool:
    """Right now, by the database: the row is ours and has not run out."""
    query = select(MonitorLease.expires_at).where(*_mine(lease))
    expires = session.scalar(query)
    return expires is not None and expires > now


def _mine(lease: LeaseHeld) -> tuple[Any, ...]:
    return (
        MonitorLease.name == lease.name,
        MonitorLease.holder == lease.holder,
        MonitorLease.epoch == lease.epoch,
        MonitorLease.released.is_(False),
    )
