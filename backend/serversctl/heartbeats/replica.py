"""All that intake runs in one web process: the directory watch, the coalescer and the writer of changes."""

from __future__ import annotations

import logging
import os
import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence

import redis as redis_lib
from sqlalchemy.exc import SQLAlchemyError

from ..kernel.db import SessionFactory, reading, unit_of_work
from .coalescer import Coalescer
from .directory import load, revision_of
from .intake import Intake
from .service import note_changes
from .store import Change

log = logging.getLogger(__name__)

# A change of the directory is seen within this time plus the load. The bound that we state is 2 s.
WATCH_SEC = 1.0
CHANGES_QUEUE_MAX = 10_000


class Replica:
    """Started once per web process, after the fork."""

    def __init__(
        self,
        *,
        secret_key: str,
        sessions: SessionFactory,
        redis: redis_lib.Redis,
        latest_version: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._sessions = sessions
        self._latest_version = latest_version
        self._changes: queue.Queue[Sequence[Change] | None] = queue.Queue(CHANGES_QUEUE_MAX)
        self.coalescer = Coalescer(redis, self.name, on_changes=self._queue_changes, monotonic=monotonic)
        self.intake = Intake(secret_key, self.coalescer, monotonic=monotonic)
        self.coalescer.intake = self.intake
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self.refresh()
        self.coalescer.start()
        for name, work in (("directory", self._watch), ("changes", self._write_changes)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._stop.set()
        self._changes.put(None)
        self.coalescer.stop()
        for thread in self._threads:
            thread.join(5)

    def refresh(self) -> bool:
        """Load the directory when its revision moved."""
        with reading(self._sessions) as session:
            revision, generation = revision_of(session)
            known = self.intake.directory
            if (revision, generation) == (known.revision, known.generation):
                return False
            # One assignment: the event loop sees the old directory or the new one, never a half of it.
            self.intake.directory = load(session, known, latest_version=self._latest_version)
        return True

    def _watch(self) -> None:
        while not self._stop.wait(WATCH_SEC):
            try:
                self.refresh()
            except SQLAlchemyError as why:
                log.warning(
                    "the directory cannot be read (%s): going on with revision %s", why, self.intake.directory.revision
                )

    def _queue_changes(self, changes: Sequence[Change]) -> None:
        try:
            self._changes.put_nowait(changes)
        except queue.Full:
            log.warning("%d changes of members are not told: the database is too slow", len(changes))

    def _write_changes(self) -> None:
        while (changes := self._changes.get()) is not None:
            self._write(changes)

    def write_waiting(self) -> None:
        """Write what is queued now; for callers that run no threads."""
        while not self._changes.empty():
            self._write(self._changes.get_nowait() or ())

    def _write(self, changes: Sequence[Change]) -> None:
        try:
            with unit_of_work(self._sessions) as session:
                note_changes(session, changes)
        except SQLAlchemyError as why:
            log.warning("changes of members were not written: %s", why)
