"""PostgreSQL from Debian's package: one throw-away cluster, a fresh database for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from .ports import accepts_unix
from .process import ChildServer, MissingPackage

TEMPLATE = "serversctl_template"
# Durability is not what these tests are about; speed is.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "autovacuum": "off",
    "timezone": "UTC",
}


class Postgres(ChildServer):
    """A real PostgreSQL, run as an unprivileged user because it refuses root. Socket only, no TCP."""

    title = "Postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": does not wait for clients
    _binaries: Path
    _numbers: Iterator[int]
    _kept: str | None = None
    _guards: int = 0

    @classmethod
    def start(cls, directory: Path | None = None) -> Self:
        binaries = _find_binaries()
        server = cls(directory)
        server._binaries, server._numbers = binaries, itertools.count(1)
        server._init()
        server.restart()
        server._sql(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        return server

    def _init(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.directory, "nobody")
        argv = [str(self._binaries / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-N"]
        argv += ["--locale=C", "--encoding=UTF8"]
        done = subprocess.run([*_as_nobody(), *argv], capture_output=True, text=True, check=False, cwd="/", timeout=60)
        if done.returncode:
            raise MissingPackage(f"initdb failed: {done.stderr or done.stdout}")

    def restart(self) -> None:
        """Start (again) with everything that the cluster holds."""
        if self.running():
            self.kill()
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        options = [part for name, value in FAST.items() for part in ("-c", f"{name}={value}")]
        self.launch(
            [
                *(*_as_nobody(), str(self._binaries / "postgres")),
                *("-D", str(self._data), "-k", str(self.directory), "-h", "", *options),
            ],
            answers=self._answers,
        )

    @property
    def url(self) -> str:
        """The maintenance database; tests take `fresh_database()`."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.directory}"

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """URL of a new database, dropped at the end, whoever is still connected."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        named = sql.Identifier(name)
        self._sql(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(named, sql.Identifier(TEMPLATE)))
        try:
            yield self.url_of(name)
        finally:
            self._sql(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))

    @contextmanager
    def emptied_database(self, fill: Callable[[str], None]) -> Iterator[str]:
        """URL of one database with the tables that `fill(url)` makes, and nobody's rows in them or connections to it.

        Making a database for each test and dropping it costs more than most tests do.
        """
        if self._kept is None:
            self._kept = f"kept_{os.getpid()}_{next(self._numbers)}"
            self._sql(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(self._kept), sql.Identifier(TEMPLATE))
            )
            fill(self.url_of(self._kept))
            self._guards = self._count_guards(self._kept)
        else:
            self._empty(self._kept)
        yield self.url_of(self._kept)
        if self._count_guards(self._kept) != self._guards:  # the test took a trigger away: this one is spent
            self._sql(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self._kept)))
            self._kept = None

    def _count_guards(self, database: str) -> int:
        with self._connect(database) as connection:
            found = connection.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'D'").fetchone()
            return int(found[0]) if found else 0

    def _empty(self, database: str) -> None:
        with self._connect(database) as connection:
            others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(f"SELECT pg_terminate_backend(pid) {others}")
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
            connection.execute("SET session_replication_role = replica")  # the audit trail refuses to be emptied
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.directory), user="postgres", dbname=database, autocommit=True)

    def _sql(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        if not accepts_unix(self.directory / ".s.PGSQL.5432"):
            return False
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _find_binaries() -> Path:
    """Newest installed major version; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise MissingPackage("PostgreSQL is not on this machine. Install it: apt-get install -y postgresql")
    return found[-1].parent


def _as_nobody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig", "TERM", "--"]
