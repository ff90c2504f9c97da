"""`serversctl failover`: the switch over all automation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from ...failover.tables import FailoverHalt
from ...identity import audit
from ...kernel.db import database_now, make_engine, make_sessions, unit_of_work
from ...wiring import database_url
from .. import environment


@click.group()
def command() -> None:
    """Stop automatic failover for the whole installation, and let it go on."""


@command.command()
@click.option("--reason", required=True, help="Shown to everybody while it lasts.")
def halt(reason: str) -> None:
    """Stop all automatic failovers. Cutting over by hand still works."""
    with opened() as session:
        session.merge(FailoverHalt(id=1, reason=reason[:300], since=database_now(session)))
        record(session, "failover.halted", reason)
    click.echo("Automatic failover is stopped.")


@command.command()
def resume() -> None:
    """Let automatic failover go on, after a restore or a stop."""
    with opened() as session:
        row = session.get(FailoverHalt, 1)
        if row is not None:
            session.delete(row)
            record(session, "failover.resumed", row.reason)
    click.echo("Automatic failover goes on." if row else "Automatic failover was not stopped.")


@contextmanager
def opened() -> Iterator[Session]:
    settings = environment.settings_or_exit(key=False)
    engine = make_engine(database_url(settings), pool_size=1)
    try:
        with unit_of_work(make_sessions(engine)) as session:
            yield session
    finally:
        engine.dispose()


def record(session: Session, action: str, reason: str) -> None:
    audit.record(
        session, audit.SYSTEM, action, account_id=None, target_type="installation", target_id=None,
        details={"reason": reason},
    )  # fmt: skip
