"""What the command tests share: a small data folder, and the program as a process or in this one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from serversctl.cli import main
from serversctl.kernel.settings import PREFIX


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short path: a Unix socket's may have 107 characters only."""
    folder = Path(tempfile.mkdtemp(prefix="sc-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command in this process with only the given settings."""

    def call(*argv: str, stdin: str = "", settings: Mapping[str, str] | None = None) -> Ran:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            monkeypatch.delenv(name)
        monkeypatch.setenv(PREFIX + "DATA_DIR", str(data_dir))
        for name, value in (settings or {}).items():
            monkeypatch.setenv(PREFIX + name, value)
        with tempfile.TemporaryFile("w+") as given:
            given.write(stdin)
            given.seek(0)
            monkeypatch.setattr("sys.stdin", given)
            code = main.run(argv)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call
