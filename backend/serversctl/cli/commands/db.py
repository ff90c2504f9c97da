"""`serversctl db`: migrations."""

from __future__ import annotations

import click

from ...wiring import database_url
from .. import environment, migrate


@click.group(name="db")
def command() -> None:
    """The database's migrations."""


@command.command()
def upgrade() -> None:
    """Bring the database to this version. Safe to run again, and by several at once.

    A SQLite file is copied to `before-upgrade/` in the data folder first. For PostgreSQL take a
    `serversctl backup` before an upgrade.
    """
    settings = environment.settings_or_exit(key=False)
    before, after = migrate.upgrade(database_url(settings), copies=settings.data_dir / "before-upgrade")
    click.echo(f"already at {after}" if before == after else f"upgraded {before or 'an empty database'} to {after}")


@command.command()
def current() -> None:
    """Print the database's revision and the one that this version wants."""
    settings = environment.settings_or_exit(key=False)
    click.echo(f"database {migrate.current(database_url(settings)) or 'empty'}, wanted {migrate.head()}")
