"""Migrations from anywhere: Alembic with the folder that lies beside the package."""

from __future__ import annotations

import importlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from pkgutil import walk_packages

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData
from sqlalchemy.engine import make_url

import serversctl

from ..kernel.db import Base, make_engine
from ..kernel.settings import BadSetting

FOLDER = Path(serversctl.__file__).resolve().parents[1] / "migrations"


def every_table() -> MetaData:
    """The metadata with each room's tables loaded: modules named `tables` or `…_tables`, and the outbox."""
    importlib.import_module("serversctl.kernel.outbox")
    for info in walk_packages(serversctl.__path__, "serversctl."):
        if any(part == "tables" or part.endswith("_tables") for part in info.name.split(".")[2:]):
            importlib.import_module(info.name)
    return Base.metadata


def config(database_url: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.attributes["database_url"] = database_url
    return made


def head() -> str | None:
    """The revision that this program wants."""
    return ScriptDirectory(str(FOLDER)).get_current_head()


def known(revision: str) -> bool:
    """Is this revision one of ours? If not, a newer program wrote the database."""
    return any(script.revision == revision for script in ScriptDirectory(str(FOLDER)).walk_revisions())


def current(database_url: str) -> str | None:
    """The revision that the database is at, or None when it is empty."""
    file = sqlite_file(database_url)
    if file is not None and not file.exists():
        return None
    engine = make_engine(database_url)
    try:
        with engine.connect().execution_options(reading=True) as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def upgrade(database_url: str, *, copies: Path | None = None) -> tuple[str | None, str | None]:
    """Bring the database to `head()`; answers (before, after). A SQLite file is copied into `copies` first."""
    before = current(database_url)
    wanted = head()
    if before == wanted:
        return before, wanted
    if before is not None and not known(before):
        raise BadSetting(
            f"The database is at revision {before}, which this version does not know: a newer version wrote it. "
            "Install that version, or restore a backup made with this one."
        )
    file = sqlite_file(database_url)
    if file is not None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if before is not None and copies is not None:
            _copy_sqlite(file, copies / f"before-{wanted}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db")
    command.upgrade(config(database_url), "head")
    if file is not None:
        file.chmod(0o600)
    return before, wanted


def sqlite_file(database_url: str) -> Path | None:
    url = make_url(database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _copy_sqlite(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    target.chmod(0o600)
