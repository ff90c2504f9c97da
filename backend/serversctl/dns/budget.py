"""Requests that a credential may still make, shared by all processes; a fifth is kept for cutovers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..kernel.db import SessionFactory, database_now, unit_of_work
from .ports import Limits, RateLimited
from .tables import DnsBudget

# Share of the budget that only cutovers may use: pages that people look at must not starve them.
RESERVE = 0.2


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tokens` requests are left at `at`; it refills at limits.requests per limits.window_sec."""

    tokens: float
    at: datetime


def refill(bucket: Bucket, now: datetime, limits: Limits) -> Bucket:
    passed = max(0.0, (now - bucket.at).total_seconds())
    return Bucket(min(float(limits.requests), bucket.tokens + passed * limits.requests / limits.window_sec), now)


def take(bucket: Bucket, limits: Limits, *, urgent: bool) -> tuple[Bucket, float]:
    """One request out of a filled bucket: (what is left, 0.0), or (unchanged, seconds to wait)."""
    floor = 0.0 if urgent else limits.requests * RESERVE
    if bucket.tokens - 1 >= floor:
        return replace(bucket, tokens=bucket.tokens - 1), 0.0
    missing = floor + 1 - bucket.tokens
    return bucket, missing * limits.window_sec / limits.requests


class Budget:
    """One credential's meter, kept in the database by its clock."""

    def __init__(self, sessions: SessionFactory, credential_id: UUID, limits: Limits, *, urgent: bool) -> None:
        self._sessions = sessions
        self._credential_id = credential_id
        self._limits = limits
        self._urgent = urgent

    def __call__(self) -> None:
        """Count one request, or raise RateLimited before it is made."""
        try:
            wait, blocked = self._take()
        except IntegrityError:
            # Two processes made the first row at the same moment; it is there now.
            wait, blocked = self._take()
        if blocked:
            raise RateLimited(
                f"The provider told us to wait; {wait:.0f} s are left.", retry_after_sec=wait, from_provider=False
            )
        if wait:
            kept = "" if self._urgent else " The rest is kept for cutovers."
            raise RateLimited(
                f"This credential's requests are used up for now.{kept}", retry_after_sec=wait, from_provider=False
            )

    def _take(self) -> tuple[float, bool]:
        with unit_of_work(self._sessions) as session:
            row = session.scalar(
                select(DnsBudget).where(DnsBudget.credential_id == self._credential_id).with_for_update()
            )
            now = database_now(session)
            if row is None:
                row = DnsBudget(credential_id=self._credential_id, tokens=float(self._limits.requests), filled_at=now)
                session.add(row)
            if row.blocked_until is not None and row.blocked_until > now:
                return (row.blocked_until - now).total_seconds(), True
            if not self._limits.requests:
                return 0.0, False
            bucket, wait = take(
                refill(Bucket(row.tokens, row.filled_at), now, self._limits), self._limits, urgent=self._urgent
            )
            row.tokens, row.filled_at = bucket.tokens, bucket.at
            return wait, False

    def block(self, seconds: float) -> None:
        """The provider said 429: nobody asks it again before then."""
        with unit_of_work(self._sessions) as session:
            row = session.get(DnsBudget, self._credential_id)
            if row is not None:
                row.blocked_until = database_now(session) + timedelta(seconds=seconds)
