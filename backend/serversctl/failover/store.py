"""The monitor's store over the database: each call one short transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..identity.audit import SYSTEM
from ..kernel.db import SessionFactory, database_now, reading, unit_of_work
from ..kernel.errors import Conflict
from ..members.tables import DirectoryRevision, Member
from ..pools.tables import Pool
from .ports import Converged, Fence, FenceLost, Intent, LeaseHeld, Picture, PoolRow, Promotion
from .rules.view import Addresses
from .service import holding, intents, leases
from .service.promoting import promote
from .service.rows import disruptions_of, fleet_of, pool_rows
from .tables import FailoverEvent, FailoverHalt, FailoverHold, FailoverSettings


class SqlStore:
    """`ports.Store`. Raises SQLAlchemyError when the database is away."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions

    def acquire(self, name: str, holder: str, ttl_sec: float) -> LeaseHeld | None:
        with unit_of_work(self._sessions) as session:
            return leases.acquire(session, name, holder, ttl_sec)

    def renew(self, lease: LeaseHeld, ttl_sec: float, status: Mapping[str, Any]) -> bool:
        with unit_of_work(self._sessions) as session:
            return leases.renew(session, lease, ttl_sec, status)

    def release(self, lease: LeaseHeld) -> None:
        with unit_of_work(self._sessions) as session:
            leases.release(session, lease)

    def holds_lease(self, lease: LeaseHeld) -> bool:
        with reading(self._sessions) as session:
            return leases.lease_is_held(session, lease, database_now(session))

    def picture(self, revision: str | None) -> Picture | None:
        with reading(self._sessions) as session:
            now = database_now(session)
            disruptions = disruptions_of(session)
            present = _revision(session, disruptions)
            if present == revision:
                return None
            fleet, last = fleet_of(session, now)
            halt = session.get(FailoverHalt, 1)
            return Picture(
                revision=present,
                now=now,
                pools=pool_rows(session, now),
                fleet_recent=fleet,
                fleet_last_at=last,
                halted=halt.reason if halt else None,
                disruptions=disruptions,
            )

    def promote(self, order: Promotion, lease: LeaseHeld, fence: Fence) -> UUID | None:
        try:
            with unit_of_work(self._sessions) as session:
                event = promote(session, order, by=SYSTEM, lease=lease)
                fence()
                return event.id
        except (Conflict, FenceLost):
            return None

    def hold(self, pool: PoolRow, reason: str, sentence: str, alert_key: str) -> None:
        with unit_of_work(self._sessions) as session:
            holding.hold(
                session, pool_id=pool.pool_id, account_id=pool.account_id, reason=reason, sentence=sentence,
                alert_key=alert_key,
            )  # fmt: skip

    def escalate(self, pool: PoolRow, reason: str) -> None:
        with unit_of_work(self._sessions) as session:
            holding.escalate(session, pool_id=pool.pool_id, account_id=pool.account_id, reason=reason)

    def unhold(self, pool: PoolRow) -> None:
        with unit_of_work(self._sessions) as session:
            holding.unhold(session, pool_id=pool.pool_id, account_id=pool.account_id)

    def open_intents(self) -> list[Intent]:
        with reading(self._sessions) as session:
            return intents.open_intents(session)

    def desired(self) -> Mapping[UUID, Intent]:
        with reading(self._sessions) as session:
            return intents.desired(session)

    def publish(
        self, pool: PoolRow, cause: str, addresses: Addresses, lease: LeaseHeld, details: Mapping[str, Any]
    ) -> bool:
        with unit_of_work(self._sessions) as session:
            made = intents.publish(
                session, pool_id=pool.pool_id, account_id=pool.account_id, epoch=pool.epoch, cause=cause,
                addresses=addresses, details=details, lease=lease,
            )  # fmt: skip
            return made is not None

    def may_write(self, intent: Intent, lease: LeaseHeld) -> bool:
        with reading(self._sessions) as session:
            return intents.may_write(session, intent, lease)

    def tried(self, intent: Intent, result: Converged, retry_sec: float) -> None:
        with unit_of_work(self._sessions) as session:
            intents.tried(session, intent, result, retry_sec)

    def slow(self, intent: Intent, detail: str) -> None:
        with unit_of_work(self._sessions) as session:
            intents.slow(session, intent, detail)

    def restores_last_hour(self, pool_id: UUID) -> int:
        with reading(self._sessions) as session:
            settings = session.get(FailoverSettings, pool_id)
            return intents.restores_last_hour(session, pool_id, settings.acknowledged_at if settings else None)

    def stop_fighting(self, pool: PoolRow, sentence: str) -> None:
        self.hold(pool, "record_fight", sentence, "")


def _revision(session: Session, disruptions: Mapping[UUID, object]) -> str:
    """A text that changes when anything in the picture does; a few aggregates over narrow columns.

    The minute is part of it, so that pauses run out and last hour's promotions are forgotten in time.
    """
    now = database_now(session)
    parts: list[object] = [now.replace(second=now.second // 10 * 10, microsecond=0), sorted(map(str, disruptions))]
    parts += session.execute(select(DirectoryRevision.revision, DirectoryRevision.generation)).all()
    parts += session.execute(select(func.count(), func.sum(Pool.epoch)).select_from(Pool)).all()
    parts += session.execute(
        select(func.count(), func.sum(Member.priority), func.count(Member.first_seen_at)).select_from(Member)
    ).all()
    parts += session.execute(
        select(func.count(), func.sum(FailoverSettings.revision)).select_from(FailoverSettings)
    ).all()
    parts += session.execute(select(func.count(), func.max(FailoverHold.since)).select_from(FailoverHold)).all()
    parts.append(session.scalar(select(func.max(FailoverEvent.created_at))))
    parts.append(session.scalar(select(FailoverHalt.reason)))
    return hashlib.sha256(repr(parts).encode()).hexdigest()
