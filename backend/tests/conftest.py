"""Fixtures that every room's tests share: a real database, a clock that tests move, one account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import serversctl
from serversctl.kernel.db import Base, SessionFactory, make_engine, make_sessions, unit_of_work
from sqlalchemy import Engine
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from support.api import Api


class FakeClock:
    """A clock that moves only when a test says so."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.wall

    def boot(self) -> float:
        return self.seconds

    def pass_time(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def load_every_table() -> None:
    """Import each room's tables, so that foreign keys find their targets."""
    import importlib

    for path in sorted(Path(serversctl.__file__).parent.glob("*/tables.py")):
        importlib.import_module(f"serversctl.{path.parent.name}.tables")
    importlib.import_module("serversctl.kernel.outbox")


@pytest.fixture
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A fresh database: SQLite, or PostgreSQL with TEST_DATABASE=postgresql (the suite runs on both)."""
    load_every_table()
    if os.environ.get("TEST_DATABASE", "sqlite") == "postgresql":
        with request.getfixturevalue("postgres_server").emptied_database(_make_tables) as url:
            made = make_engine(url)
            yield made
            made.dispose()
        return
    made = make_engine(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


def _make_tables(url: str) -> None:
    made = make_engine(url)
    Base.metadata.create_all(made)
    made.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[object]:
    from support.servers.postgres import Postgres

    with Postgres.start() as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: object) -> Iterator[str]:
    with postgres_server.fresh_database() as url:  # type: ignore[attr-defined]
        yield url


@pytest.fixture
def sessions(engine: Engine) -> SessionFactory:
    return make_sessions(engine)


@pytest.fixture
def session(sessions: SessionFactory) -> Iterator[Session]:
    with unit_of_work(sessions) as opened:
        yield opened


@pytest.fixture
def api(engine: Engine, clock: FakeClock) -> Api:
    """The whole app over a fresh database, with two tenants; see `support.api.Api` for the ways to call it."""
    from support.api import make_api

    return make_api(engine, clock)
