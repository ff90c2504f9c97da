"""The trail is checked from a script: a good one is 0, a broken one is 1 and names its first broken row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serversctl.cli import migrate
from serversctl.identity.audit import SYSTEM, record
from serversctl.kernel.db import make_engine, make_sessions, unit_of_work
from sqlalchemy import text

Run = Callable[..., Any]


@pytest.fixture
def trail(data_dir: Path) -> Callable[[str], None]:
    """A trail of ten rows, and a way to do to it what the database refuses everybody else."""
    url = f"sqlite:///{data_dir / 'serversctl.db'}"
    migrate.upgrade(url)
    engine = make_engine(url)
    for number in range(10):
        with unit_of_work(make_sessions(engine)) as session:
            record(session, SYSTEM, f"step.{number}", account_id=None, target_type="t", target_id=str(number))

    def tamper(statement: str) -> None:
        with engine.begin() as link:
            link.execute(text("DROP TRIGGER audit_entries_no_update"))
            link.execute(text("DROP TRIGGER audit_entries_no_delete"))
            link.execute(text(statement))

    return tamper


def test_a_whole_trail_is_exit_code_0_with_its_length(run: Run, trail: Callable[[str], None]) -> None:
    done = run("audit", "verify")
    assert (done.code, done.out) == (0, "The audit trail is whole: 10 rows.\n")


@pytest.mark.parametrize(
    ("statement", "row", "reason"),
    [
        ("UPDATE audit_entries SET action = 'nothing' WHERE seq IN (4, 7)", 4, "its content was changed"),
        ("DELETE FROM audit_entries WHERE seq = 5", 6, "entries 5 to 5 are missing"),
        ("DELETE FROM audit_entries WHERE seq > 8", 10, "is missing or was changed"),
        ("DELETE FROM audit_heads", 10, "the head of the chain"),
    ],
)
def test_a_broken_trail_is_exit_code_1_and_names_the_first_broken_row(
    run: Run, trail: Callable[[str], None], statement: str, row: int, reason: str
) -> None:
    trail(statement)
    done = run("audit", "verify")
    assert done.code == 1
    assert done.out.startswith(f"The audit trail is broken at row {row}: ")
    assert reason in done.out.splitlines()[0]


def test_a_database_without_tables_is_not_a_whole_trail(run: Run) -> None:
    done = run("audit", "verify")
    assert (done.code, done.out) == (1, "")
    assert "serversctl doctor" in done.err
