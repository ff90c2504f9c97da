"""`serversctl user`: people, from a script."""

from __future__ import annotations

import sys

import click

from ...identity.service import create_user
from ...kernel.db import make_engine, make_sessions, unit_of_work
from ...wiring import database_url
from .. import environment


@click.group()
def command() -> None:
    """Users of this installation."""


@command.command()
@click.option("--email", required=True, help="The address they sign in with.")
@click.option(
    "--role",
    default="owner",
    show_default=True,
    type=click.Choice(["owner", "admin", "operator", "viewer"]),
    help="The first user of an installation is always owner.",
)
@click.option("--account", metavar="NAME", help="Name of the new account; default: the part before the @.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input (its first line).")
def create(email: str, role: str, account: str | None, password_stdin: bool) -> None:
    """Make a user in a new account; the first one owns the installation.

    \b
    printf '%s\\n' "$PASSWORD" | serversctl user create --email ops@example.com --password-stdin
    """
    password = read_password(from_stdin=password_stdin)
    settings = environment.settings_or_exit(key=False)
    engine = make_engine(database_url(settings))
    try:
        with unit_of_work(make_sessions(engine)) as session:
            user = create_user(session, email, role, password, account_name=account)
            click.echo(f"made {user.email} ({user.role})")
    finally:
        engine.dispose()


def read_password(*, from_stdin: bool) -> str:
    """The password, from a pipe or asked twice; never from the command line, where `ps` shows it."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise click.UsageError("--password-stdin: standard input is empty; pipe the password in.")
        return password
    if not sys.stdin.isatty():
        raise click.UsageError("Give --password-stdin and pipe the password in.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
