"""Every command helps, refuses in one sentence, and says so with its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from serversctl.cli.main import ByFolder, cli

Run = Callable[..., Any]


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    below = group.all_commands() if isinstance(group, ByFolder) else group.commands
    for name, command in below.items():
        here = (*path, name)
        found += leaves(command, here) if isinstance(command, click.Group) else [here]
    return found


def test_the_commands_of_the_contract_are_there() -> None:
    have = {" ".join(path) for path in leaves(cli)}
    assert have >= {
        "up", "web", "worker", "monitor", "user create", "token create", "status", "db upgrade", "openapi",
        "doctor", "backup", "restore", "version",
    }  # fmt: skip


@pytest.mark.parametrize("path", leaves(cli), ids=" ".join)
def test_each_command_explains_itself(run: Run, path: tuple[str, ...]) -> None:
    done = run(*path, "--help")
    assert done.code == 0
    assert len(done.out.splitlines()) >= 3


def test_a_bad_setting_is_one_sentence_and_exit_code_2(run: Run) -> None:
    done = run("doctor", settings={"LISTEN": "8443"})
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "SERVERSCTL_LISTEN is '8443'" in done.err


def test_an_unknown_setting_is_warned_about_with_the_near_name(run: Run) -> None:
    done = run("db", "current", settings={"PUBLIC_ULR": "https://x"})
    assert done.code == 0
    assert "SERVERSCTL_PUBLIC_ULR is not a setting and is ignored. Did you mean SERVERSCTL_PUBLIC_URL?" in done.err


def test_a_role_without_the_key_says_where_it_comes_from(run: Run) -> None:
    done = run("worker")
    assert done.code == 2
    assert "start `serversctl up` once" in done.err


def test_the_first_user_owns_the_installation_and_the_password_comes_from_stdin(run: Run) -> None:
    run("db", "upgrade")
    done = run(
        "user",
        "create",
        "--email",
        "a@example.com",
        "--role",
        "viewer",
        "--password-stdin",
        stdin="a good long passphrase\n",
    )
    assert (done.code, done.out) == (0, "made a@example.com (owner)\n"), done.err


@pytest.mark.parametrize(
    ("argv", "stdin", "sentence"),
    [
        (("--email", "a@example.com", "--password-stdin"), "", "standard input is empty"),
        (("--email", "a@example.com"), "", "Give --password-stdin"),
        (("--email", "nobody", "--password-stdin"), "a good long passphrase\n", "e-mail"),
        (("--email", "a@example.com", "--password-stdin"), "short\n", "password"),
        (("--email", "a@example.com", "--role", "god", "--password-stdin"), "x\n", "god"),
    ],
)
def test_a_bad_user_is_refused_with_the_reason(run: Run, argv: tuple[str, ...], stdin: str, sentence: str) -> None:
    run("db", "upgrade")
    done = run("user", "create", *argv, stdin=stdin)
    assert done.code in {1, 2}
    assert sentence in done.err.lower() or sentence in done.err


def test_a_token_is_all_that_stdout_holds(run: Run) -> None:
    run("db", "upgrade")
    run("user", "create", "--email", "a@example.com", "--password-stdin", stdin="a good long passphrase\n")
    done = run("token", "create", "--email", "a@example.com", "--name", "ci", "--scope", "pools:read")
    assert done.code == 0, done.err
    assert done.out.startswith("sctl_")
    assert done.out.count("\n") == 1


def test_a_token_for_nobody_says_how_to_make_the_user(run: Run) -> None:
    run("db", "upgrade")
    done = run("token", "create", "--email", "b@example.com", "--name", "ci")
    assert done.code == 1
    assert "serversctl user create" in done.err


def test_a_database_without_tables_points_to_the_doctor(run: Run) -> None:
    done = run("token", "create", "--email", "b@example.com", "--name", "ci")
    assert done.code == 1
    assert "serversctl doctor" in done.err
    assert "Traceback" not in done.err


def test_the_openapi_document_needs_no_settings(run: Run, data_dir: Path) -> None:
    done = run("openapi")
    assert done.code == 0
    assert json.loads(done.out)["openapi"].startswith("3.1")
    assert list(data_dir.iterdir()) == []


def test_a_worker_starts_without_the_web_framework() -> None:
    code = "import sys; from serversctl.cli.main import run; run(['version']); sys.exit('flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
