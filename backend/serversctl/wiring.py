"""The only place that turns Settings into real things: engine, sessions, Redis, sealer, clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis as redis_lib
from sqlalchemy import Engine

from .kernel.clock import Clock, SystemClock
from .kernel.db import SessionFactory, make_engine, make_sessions
from .kernel.sealed import Sealer
from .kernel.settings import Settings
from .storage.opening import open_store
from .storage.ports import Store


@dataclass(slots=True)
class Wiring:
    """The parts that edges share. One per process."""

    settings: Settings
    engine: Engine
    sessions: SessionFactory
    redis: redis_lib.Redis
    sealer: Sealer
    clock: Clock
    # Opened when it is first asked for: most processes never are.
    _store: Store | None = field(default=None, repr=False)
    # Calls from a lower room into an upper one, by name, put here by the upper room's edge (`waiting_jobs`, …).
    hooks: dict[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        if self._store is None:
            self._store = open_store(self.settings)
        return self._store


def database_url(settings: Settings) -> str:
    return settings.database_url or f"sqlite:///{settings.data_dir / 'serversctl.db'}"


def redis_url(settings: Settings) -> str:
    return settings.redis_url or f"unix://{settings.data_dir / 'redis.sock'}"


def wire(settings: Settings, *, clock: Clock | None = None) -> Wiring:
    """Open everything lazily: nothing connects before it is used."""
    engine = make_engine(database_url(settings))
    return Wiring(
        settings=settings,
        engine=engine,
        sessions=make_sessions(engine),
        redis=redis_lib.Redis.from_url(redis_url(settings), socket_timeout=5, socket_connect_timeout=2),
        sealer=Sealer(settings.secret_key),
        clock=clock or SystemClock(),
    )
