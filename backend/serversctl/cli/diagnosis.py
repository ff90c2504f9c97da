"""What a check of the doctor gets and gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import redis
from sqlalchemy.orm import Session

from ..kernel.db import make_engine, make_sessions, reading
from ..kernel.settings import Settings
from ..wiring import database_url, redis_url
from .migrate import sqlite_file


class Level(StrEnum):
    """FAIL: the product does not work, or not safely. WARN: it will not, or not after the next fault."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: what was looked at, what was seen and, unless it is fine, what to do."""

    level: Level
    what: str
    seen: str
    fix: str = ""


def ok(what: str, seen: str) -> Finding:
    return Finding(Level.OK, what, seen)


def warn(what: str, seen: str, fix: str) -> Finding:
    return Finding(Level.WARN, what, seen, fix)


def fail(what: str, seen: str, fix: str) -> Finding:
    return Finding(Level.FAIL, what, seen, fix)


@dataclass(frozen=True, slots=True)
class Patient:
    """The installation under examination."""

    settings: Settings
    now: datetime
    outbound: bool = False

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(redis_url(self.settings), socket_timeout=3, socket_connect_timeout=3)

    @contextmanager
    def database(self) -> Iterator[Session]:
        """A look into the database. Raises NoDatabase rather than make an empty SQLite file."""
        file = sqlite_file(database_url(self.settings))
        if file is not None and not file.exists():
            raise NoDatabase(str(file))
        engine = make_engine(database_url(self.settings), pool_size=1)
        try:
            with reading(make_sessions(engine)) as session:
                yield session
        finally:
            engine.dispose()


class NoDatabase(Exception):
    """The SQLite file is not there."""


class Check(Protocol):
    """A generator, so that what was found before a surprise is still shown."""

    def __call__(self, patient: Patient) -> Iterator[Finding]: ...
