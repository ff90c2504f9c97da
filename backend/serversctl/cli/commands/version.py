"""`serversctl version`"""

from __future__ import annotations

import platform
import sqlite3

import click

import serversctl

from .. import migrate


@click.command()
def command() -> None:
    """Print the version, the database revision it wants, and what it runs on."""
    click.echo(f"serversctl {serversctl.__version__}")
    click.echo(f"database revision {migrate.head()}")
    click.echo(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.platform()}")
