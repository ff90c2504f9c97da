"""`serversctl audit`: the audit trail, checked from outside the running installation."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from ...identity import audit_trail
from ...identity.audit_tables import AuditEntry
from ...kernel.db import make_engine, make_sessions, reading
from ...wiring import database_url
from .. import environment


@click.group()
def command() -> None:
    """The audit trail."""


@command.command()
def verify() -> int:
    """Walk the whole trail and check that no row was changed, removed or put in another place.

    A trail that was written anew from the start is whole in itself: compare it with a signed head that you
    kept elsewhere (GET /api/audit/head). Exit codes: 0 whole, 1 broken; the first broken row is named.
    """
    settings = environment.settings_or_exit(key=False)
    engine = make_engine(database_url(settings), pool_size=1)
    try:
        with reading(make_sessions(engine)) as session:
            rows = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
            found = audit_trail.verify(session)
    finally:
        engine.dispose()
    if not found:
        click.echo(f"The audit trail is whole: {rows} rows.")
        return 0
    click.echo(f"The audit trail is broken at row {found[0].seq}: {found[0].reason}.")
    if len(found) > 1:
        click.echo(f"{len(found) - 1} more places do not fit, the last at row {found[-1].seq}.")
    click.echo("Compare with a backup from before, and with exported heads, to see what was there.", err=True)
    return 1
