"""Requests that a credential may still make, shared by all processes; a fifth is kept for cutovers.

Our own count is a guess: other programs and people may use the same user's quota. Where the provider tells what is
left, that counts.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ..kernel.db import SessionFactory, database_now, unit_of_work
from .ports import Allowance, Limits, RateLimited
from .tables import DnsBudget

log = logging.getLogger(__name__)

# Share of the budget that only cutovers may use: pages that people look at must not starve them.
RESERVE = 0.2


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tokens` requests are left; from `at` on it refills at limits.requests per limits.window_sec.

    `at` lies ahead while the provider said that nothing comes back before then.
    """

    tokens: float
    at: datetime


def refill(bucket: Bucket, now: datetime, limits: Limits) -> Bucket:
    passed = max(0.0, (now - bucket.at).total_seconds())
    full = max(float(limits.requests), bucket.tokens)
    # A clock that was set back must not stop the refill for longer than the provider could.
    begins = min(max(bucket.at, now), now + timedelta(seconds=limits.window_sec))
    return Bucket(min(full, bucket.tokens + passed * limits.requests / limits.window_sec), begins)


def heed(allowance: Allowance, now: datetime, limits: Limits) -> Bucket:
    """The bucket as the provider tells it. The end of its window brings all back; until then only use takes away."""
    reset_sec = min(max(allowance.reset_sec, 0.0), limits.window_sec)
    return Bucket(float(max(allowance.left, 0)), now + timedelta(seconds=reset_sec))


def granted_limits(allowance: Allowance, limits: Limits) -> Limits:
    """The limits with the quota and the window that the provider names, where it names them."""
    if not allowance.quota or not allowance.window_sec:
        return limits
    return replace(limits, requests=allowance.quota, window_sec=allowance.window_sec)


def take(bucket: Bucket, limits: Limits, *, urgent: bool, now: datetime) -> tuple[Bucket, float]:
    """One request out of a filled bucket: (what is left, 0.0), or (unchanged, seconds to wait)."""
    floor = 0.0 if urgent else limits.requests * RESERVE
    if bucket.tokens - 1 >= floor:
        return replace(bucket, tokens=bucket.tokens - 1), 0.0
    missing = floor + 1 - bucket.tokens
    ahead = max(0.0, (bucket.at - now).total_seconds())
    return bucket, ahead + missing * limits.window_sec / limits.requests


class Budget:
    """One credential's meter, kept in the database by its clock."""

    def __init__(
        self,
        sessions: SessionFactory,
        credential_id: UUID,
        limits: Limits,
        *,
        urgent: bool,
        granted: dict[UUID, Limits] | None = None,
    ) -> None:
        self._sessions = sessions
        self._credential_id = credential_id
        self._granted = {} if granted is None else granted
        self._limits = self._granted.get(credential_id, limits)
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
                refill(Bucket(row.tokens, row.filled_at), now, self._limits),
                self._limits,
                urgent=self._urgent,
                now=now,
            )
            row.tokens, row.filled_at = bucket.tokens, bucket.at
            return wait, False

    def heard(self, allowance: Allowance) -> None:
        """The provider told what is left: from now on that counts, for all processes."""
        self._limits = self._granted[self._credential_id] = granted_limits(allowance, self._limits)
        try:
            with unit_of_work(self._sessions) as session:
                row = session.get(DnsBudget, self._credential_id, with_for_update=True)
                if row is not None and self._limits.requests:
                    bucket = heed(allowance, database_now(session), self._limits)
                    row.tokens, row.filled_at = bucket.tokens, bucket.at
        except SQLAlchemyError as why:
            # The answer itself was good and must reach its caller; the next one tells the allowance again.
            log.warning("the allowance of credential %s was not kept: %s", self._credential_id, type(why).__name__)

    def block(self, seconds: float) -> None:
        """The provider said 429: nobody asks it again before then."""
        with unit_of_work(self._sessions) as session:
            row = session.get(DnsBudget, self._credential_id)
            if row is not None:
                row.blocked_until = database_now(session) + timedelta(seconds=seconds)
