"""How Alembic runs here: every room's tables, one transaction per upgrade, one upgrade at a time."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from serversctl.cli.migrate import every_table
from serversctl.kernel.db import UtcDateTime, make_engine
from sqlalchemy import Connection, DateTime, create_engine, event, text

# Any number of ours: PostgreSQL lets one holder of it migrate at a time.
ADVISORY_LOCK = 0x5E72C71


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations name plain SQL types, so that an old one never depends on today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def same_type(_context: Any, _inspected: Any, _column: Any, inspected_type: Any, wanted_type: Any) -> bool | None:
    if isinstance(wanted_type, UtcDateTime) and isinstance(inspected_type, DateTime):
        return False
    return None


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=every_table(),
        render_as_batch=True,
        transactional_ddl=True,
        render_item=render_item,
        compare_type=same_type,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration leaves rows without their parent: {broken[:5]}")


def sqlite_engine(url: str) -> Any:
    """SQLite with real transactions around DDL, the write lock from the start, and foreign keys off while tables
    are rebuilt (https://www.sqlite.org/lang_altertable.html#otheralter)."""
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _plain(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    url = context.config.attributes["database_url"]
    engine = sqlite_engine(url) if url.startswith("sqlite") else make_engine(url)
    try:
        with engine.connect() as connection:
            migrate(connection)
            connection.commit()
    finally:
        engine.dispose()


run()
