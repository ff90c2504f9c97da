"""A consistent copy of the database while it is in use, and the way back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy.engine import URL, make_url

from .migrate import sqlite_file


def kind(database_url: str) -> str:
    return make_url(database_url).get_backend_name()


def file_name(database_url: str) -> str:
    return "database.sqlite" if kind(database_url) == "sqlite" else "database.dump"


def save(database_url: str, target: Path) -> None:
    """Copy the database as it is at one moment; writers go on meanwhile."""
    source = sqlite_file(database_url)
    if source is None:
        _postgres("pg_dump", make_url(database_url), "--format=custom", "--no-owner", "--no-acl", f"--file={target}")
        return
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new, pages=-1)
        new.execute("PRAGMA journal_mode=DELETE")
        verdict = new.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise click.ClickException(f"The database is damaged ({verdict}): keep the backups that you have.")


def check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as found:
            verdict = str(found.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.DatabaseError as why:
        verdict = str(why)
    if verdict != "ok":
        raise click.ClickException(f"The database in the backup is damaged ({verdict}).")


def load_postgres(database_url: str, source: Path) -> None:
    """Replace the tables of a PostgreSQL database, all or nothing."""
    flags = ["--clean", "--if-exists", "--no-owner", "--no-acl", "--single-transaction", "--exit-on-error"]
    _postgres("pg_restore", make_url(database_url), *flags, str(source))


def _postgres(program: str, url: URL, *arguments: str) -> None:
    """Run one of PostgreSQL's programs. The password travels in the environment, where `ps` does not show it."""
    if shutil.which(program) is None:
        raise click.ClickException(f"{program} is not installed: install the package postgresql-client.")
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    environ = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [program, f"--dbname={plain}", "--no-password", *arguments],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise click.ClickException(f"{program} failed: {done.stderr.strip().splitlines()[-1:] or 'no message'}")
