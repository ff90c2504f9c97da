"""The migrations make exactly the tables that the code declares, on both databases, forwards and back."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from serversctl.cli import migrate
from serversctl.kernel.db import Base, UtcDateTime, make_engine
from serversctl.kernel.settings import BadSetting
from sqlalchemy import DateTime, Engine, inspect, text


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'migrated.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def opened(empty_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def declared(opened: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A second database of the same kind, made from the code instead of the migrations."""
    with contextlib.ExitStack() as stack:
        if opened.dialect.name == "sqlite":
            url = f"sqlite:///{tmp_path / 'declared.db'}"
        else:
            url = stack.enter_context(request.getfixturevalue("postgres_server").fresh_database())
        engine = make_engine(url)
        migrate.every_table().create_all(engine)
        yield engine
        engine.dispose()


def same_type(_context: object, _inspected: object, _column: object, found: object, wanted: object) -> bool | None:
    return False if isinstance(wanted, UtcDateTime) and isinstance(found, DateTime) else None


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        return list(compare_metadata(context, migrate.every_table()))


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def triggers(engine: Engine) -> set[str]:
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return {" ".join(sql.split()) for sql in connection.scalars(text(query))}


def checks(engine: Engine) -> set[tuple[str, str]]:
    """CHECK constraints, which Alembic does not compare."""
    found = inspect(engine)
    return {
        (table, str(check["name"])) for table in found.get_table_names() for check in found.get_check_constraints(table)
    }


def test_an_upgraded_database_has_exactly_the_declared_tables(empty_url: str, opened: Engine) -> None:
    migrate.upgrade(empty_url)
    assert differences(opened) == []


def test_migrations_make_the_same_triggers_and_checks_as_the_code(
    empty_url: str, opened: Engine, declared: Engine
) -> None:
    migrate.upgrade(empty_url)
    assert triggers(opened) == triggers(declared)
    assert checks(opened) == checks(declared)


def test_up_down_up_leaves_nothing_behind(empty_url: str, opened: Engine) -> None:
    migrate.upgrade(empty_url)
    command.downgrade(migrate.config(empty_url), "base")
    assert tables(opened) == {"alembic_version"}
    migrate.upgrade(empty_url)
    assert tables(opened) - {"alembic_version"} == set(Base.metadata.tables)


def test_a_second_upgrade_changes_nothing(empty_url: str) -> None:
    assert migrate.upgrade(empty_url) == (None, migrate.head())
    assert migrate.upgrade(empty_url) == (migrate.head(), migrate.head())


def test_two_upgrades_at_once_both_succeed(empty_url: str, opened: Engine) -> None:
    """Alembic keeps state in the module, so they are two processes."""
    code = "import sys; from serversctl.cli import migrate; migrate.upgrade(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", code, empty_url], stderr=subprocess.PIPE) for _ in range(2)]
    outcomes = [(child.communicate(timeout=60)[1], child.returncode) for child in both]
    assert [code for _, code in outcomes] == [0, 0], outcomes
    assert differences(opened) == []


def test_a_database_of_a_newer_version_is_refused_with_the_fix(empty_url: str, opened: Engine) -> None:
    migrate.upgrade(empty_url)
    with opened.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadSetting, match="a newer version wrote it"):
        migrate.upgrade(empty_url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    empty_url: str, opened: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = 0
    real = op.create_table

    def breaks_at_the_fifth(*args: object, **named: object) -> object:
        nonlocal done
        done += 1
        if done == 5:
            raise RuntimeError("power cut")
        return real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(op, "create_table", breaks_at_the_fifth)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate.upgrade(empty_url)
    monkeypatch.undo()
    assert tables(opened) == set()
    migrate.upgrade(empty_url)
    assert differences(opened) == []


def test_sqlite_is_copied_before_an_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    migrate.upgrade(url)
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.execute("UPDATE alembic_version SET version_num = 'older'")
        old.commit()
    monkeypatch.setattr(migrate, "known", lambda _revision: True)
    monkeypatch.setattr(command, "upgrade", lambda *_: None)
    migrate.upgrade(url, copies=tmp_path / "copies")
    (copy,) = (tmp_path / "copies").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == ("older",)


def test_reading_the_revision_of_a_missing_sqlite_file_does_not_make_it(tmp_path: Path) -> None:
    assert migrate.current(f"sqlite:///{tmp_path / 'none.db'}") is None
    assert not (tmp_path / "none.db").exists()


def test_revisions_are_one_line_without_branches() -> None:
    assert len(ScriptDirectory(str(migrate.FOLDER)).get_heads()) == 1


def test_upgrades_work_from_any_folder(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    migrate.upgrade(empty_url)
