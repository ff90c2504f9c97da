"""The database: it answers, it is at this version's revision, and it takes writes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ...wiring import database_url
from .. import migrate
from ..diagnosis import Finding, Patient, fail, ok


def check(patient: Patient) -> Iterator[Finding]:
    url = database_url(patient.settings)
    shown = make_url(url).render_as_string(hide_password=True)
    try:
        revision = migrate.current(url)
    except SQLAlchemyError as why:
        yield fail(
            "database", f"{shown} does not answer ({_first_line(why)})", "start it, or mend SERVERSCTL_DATABASE_URL"
        )
        return
    yield ok("database", shown)
    wanted = migrate.head()
    if revision == wanted:
        yield ok("migrations", f"at {wanted}")
    elif revision is None:
        yield fail("migrations", "the database is empty", "serversctl db upgrade")
        return
    elif migrate.known(revision):
        yield fail("migrations", f"at {revision}, this version wants {wanted}", "serversctl db upgrade")
    else:
        yield fail("migrations", f"at {revision}, which a newer version made", "install that version again")
    with patient.database() as session:
        if session.get_bind().dialect.name == "sqlite":
            verdict = session.scalar(text("PRAGMA quick_check(1)"))
            if verdict != "ok":
                yield fail("database file", f"damaged: {verdict}", "stop everything and restore the last backup")
        elif session.scalar(text("SELECT pg_is_in_recovery()")):
            yield fail("database", "is a read-only standby", "point SERVERSCTL_DATABASE_URL at the primary")


def _first_line(why: Exception) -> str:
    return str(getattr(why, "orig", None) or why).strip().splitlines()[0]
