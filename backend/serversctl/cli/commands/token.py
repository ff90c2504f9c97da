"""`serversctl token`: API tokens, from a script."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from ...identity.service import create_token
from ...kernel.db import make_engine, make_sessions, unit_of_work
from ...wiring import database_url
from .. import environment


@click.group()
def command() -> None:
    """API tokens."""


@command.command()
@click.option("--email", required=True, help="The user for whom the token acts.")
@click.option("--name", required=True, help="What uses it, for the list of tokens.")
@click.option("--scope", "scopes", multiple=True, metavar="S", help="Such as pools:read; repeat it. None: all.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; default: never.")
def create(email: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make an API token and print it, this once, on standard output.

    \b
    TOKEN=$(serversctl token create --email ops@example.com --name ci --scope pools:read)
    """
    settings = environment.settings_or_exit(key=False)
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    engine = make_engine(database_url(settings))
    try:
        with unit_of_work(make_sessions(engine)) as session:
            _, text = create_token(session, email, name, scopes, expires)
        click.echo(text)
    finally:
        engine.dispose()
