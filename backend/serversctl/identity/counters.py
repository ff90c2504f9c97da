"""Counting attempts, so that guessing stays slow: in Redis, and where that is away in the database or in memory."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Protocol

import redis
from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite

from ..kernel.clock import Clock
from ..kernel.db import SessionFactory, unit_of_work
from ..kernel.errors import TooMany
from . import secrets
from .tables import AttemptCount

log = logging.getLogger(__name__)

# (attempts, seconds): per user, per address, and for the installation as a whole. FAILURES T13.
USER, ADDRESS, EVERYBODY = (10, 900), (30, 900), (600, 60)
AWAY_SEC = 15.0


class Counters(Protocol):
    def add(self, bucket: str, window_sec: int) -> tuple[int, float]:
        """Count one; gives the count in this window and the seconds until the window ends."""
        ...

    def forget(self, bucket: str) -> None:
        """Start the bucket anew."""
        ...


class RedisCounters:
    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    def add(self, bucket: str, window_sec: int) -> tuple[int, float]:
        key = f"sctl:count:{bucket}"
        pipe = self.client.pipeline(transaction=True)
        pipe.set(key, 0, nx=True, ex=window_sec)
        pipe.incr(key)
        pipe.pttl(key)
        _, count, left_ms = pipe.execute()
        return int(count), max(0.0, int(left_ms) / 1000)

    def forget(self, bucket: str) -> None:
        self.client.delete(f"sctl:count:{bucket}")


class DatabaseCounters:
    """For sign-in: survives a restart, and all web processes share it."""

    def __init__(self, sessions: SessionFactory, clock: Clock) -> None:
        self.sessions, self.clock = sessions, clock

    def add(self, bucket: str, window_sec: int) -> tuple[int, float]:
        now = self.clock.now()
        with unit_of_work(self.sessions) as session:
            insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
            ends = now + timedelta(seconds=window_sec)
            over = AttemptCount.window_ends_at <= now
            row = session.execute(
                insert(AttemptCount)
                .values(bucket=bucket, window_ends_at=ends, count=1)
                .on_conflict_do_update(
                    index_elements=["bucket"],
                    set_={
                        "count": case((over, 1), else_=AttemptCount.count + 1),
                        "window_ends_at": case((over, ends), else_=AttemptCount.window_ends_at),
                    },
                )
                .returning(AttemptCount.count, AttemptCount.window_ends_at)
            ).one()
        return int(row[0]), max(0.0, (row[1] - now).total_seconds())

    def forget(self, bucket: str) -> None:
        with unit_of_work(self.sessions) as session:
            row = session.get(AttemptCount, bucket)
            if row is not None:
                session.delete(row)


class MemoryCounters:
    """For write limits: per process, which bounds the harm while Redis is away."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._counts: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def add(self, bucket: str, window_sec: int) -> tuple[int, float]:
        now = self.seconds()
        with self._lock:
            if len(self._counts) > 10_000:
                self._counts = {name: kept for name, kept in self._counts.items() if kept[1] > now}
            count, ends = self._counts.get(bucket, (0, 0.0))
            count, ends = (count + 1, ends) if ends > now else (1, now + window_sec)
            self._counts[bucket] = (count, ends)
        return count, ends - now

    def forget(self, bucket: str) -> None:
        with self._lock:
            self._counts.pop(bucket, None)


class FirstThatWorks:
    """Redis, or the spare while Redis is away; it is tried again every 15 s."""

    def __init__(self, first: Counters, spare: Counters, seconds: Callable[[], float] = time.monotonic) -> None:
        self.first, self.spare, self.seconds = first, spare, seconds
        self._away_until = 0.0

    def add(self, bucket: str, window_sec: int) -> tuple[int, float]:
        if self.seconds() >= self._away_until:
            try:
                return self.first.add(bucket, window_sec)
            except redis.RedisError as why:
                self._note(why)
        return self.spare.add(bucket, window_sec)

    def forget(self, bucket: str) -> None:
        if self.seconds() >= self._away_until:
            try:
                self.first.forget(bucket)
            except redis.RedisError as why:
                self._note(why)
        self.spare.forget(bucket)

    def _note(self, why: Exception) -> None:
        self._away_until = self.seconds() + AWAY_SEC
        log.warning("Redis is away, counting attempts without it: %s", why)


class SignInThrottle:
    """Counts before the password is looked at, so that guesses sent at once do not slip through together."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters

    def attempt(self, email: str, address: str | None) -> None:
        """Raises TooMany when this user, this address or everybody together has tried too often."""
        for bucket, (most, window_sec) in (
            (_user(email), USER),
            (_address(address), ADDRESS),
            ("signin:everybody", EVERYBODY),
        ):
            count, left_sec = self.counters.add(bucket, window_sec)
            if count > most:
                raise TooMany(
                    "too_many_attempts",
                    f"Too many attempts: wait {max(1, round(left_sec))} seconds and try again.",
                    retry_after_sec=left_sec,
                )

    def succeeded(self, email: str) -> None:
        self.counters.forget(_user(email))


def _user(email: str) -> str:
    return f"signin:user:{secrets.hashed(email)[:32]}"


def _address(address: str | None) -> str:
    """IPv6 by /64: that is what one customer gets."""
    if address and ":" in address:
        address = str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return f"signin:address:{address or 'unknown'}"
