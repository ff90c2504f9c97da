"""`make migration m="what changed"`: a migration from the difference between the tables and the last revision.

Read what it writes: Alembic does not see renames, data moves and changed CHECK constraints. `--replace` drops every
revision first and writes one initial one; that is for before a release only.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from serversctl.cli import migrate
from sqlalchemy import DDL, create_engine, inspect

END_OF_PART = "    # ### end Alembic commands ###"


def next_number() -> str:
    """0001, 0002 …: revisions that sort as they were made."""
    numbers = [int(script.revision) for script in ScriptDirectory(str(migrate.FOLDER)).walk_revisions()]
    return f"{max(numbers, default=0) + 1:04d}"


def side_statements(new_tables: list[str]) -> list[tuple[str, str]]:
    """(dialect, SQL) of what comes along with new tables and Alembic does not see: triggers and their functions."""
    metadata = migrate.every_table()
    return [
        (str(ddl._ddl_if.dialect), str(ddl.compile()))
        for name in new_tables
        for ddl in metadata.tables[name].dispatch.after_create
        if isinstance(ddl, DDL) and ddl._ddl_if is not None
    ]


def with_side_statements(text: str, statements: list[tuple[str, str]]) -> str:
    """The migration's text with the statements at the end of each direction, asked for by dialect."""
    ups, downs = [], []
    for dialect, sql in statements:
        ups.append(f'    if op.get_bind().dialect.name == "{dialect}":\n        op.execute({sql!r})\n')
        function = re.match(r"CREATE OR REPLACE FUNCTION (\w+\(\))", sql)
        if function:
            drop = f"DROP FUNCTION {function[1]}"
            downs.append(f'    if op.get_bind().dialect.name == "{dialect}":\n        op.execute({drop!r})\n')
    up, down = text.split("def downgrade()", 1)
    return (
        up.replace(END_OF_PART, "".join(ups) + END_OF_PART)
        + "def downgrade()"
        + down.replace(END_OF_PART, "".join(downs) + END_OF_PART)
    ).replace(END_OF_PART + "\n", "")


def main(message: str, *, replace: bool) -> None:
    if replace:
        for old in (migrate.FOLDER / "versions").glob("*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'new.db'}"
        migrate.upgrade(url)
        engine = create_engine(url)
        there = set(inspect(engine).get_table_names())
        engine.dispose()
        made = command.revision(migrate.config(url), message, autogenerate=True, rev_id=next_number())
    path = Path(getattr(made, "path", ""))
    new_tables = sorted(set(migrate.every_table().tables) - there)
    path.write_text(with_side_statements(path.read_text(), side_statements(new_tables)))
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix-only", "-q", "--no-cache", str(path)], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", "--no-cache", str(path)], check=True)
    sys.stdout.write(f"wrote {path}: read it, then run make test T=backend/tests/migrations\n")


if __name__ == "__main__":
    main(sys.argv[-1], replace="--replace" in sys.argv[1:-1])
