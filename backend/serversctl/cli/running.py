"""What a running `up` works with, told to the commands beside it: they may have been given another environment."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from ..kernel.logging import redact
from ..kernel.settings import PREFIX, Settings
from .lock import holder

RUNNING_FILE = "running.json"


@contextmanager
def told(settings: Settings) -> Iterator[None]:
    """Leave the effective settings in the data folder, for its owner alone, while this process rules over it."""
    path = settings.data_dir / RUNNING_FILE
    beside = path.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(open_settings(settings), out, indent=1)
    beside.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def open_settings(settings: Settings) -> dict[str, str]:
    """The settings by their environment names, without secrets and without addresses that hold a password."""
    found = {}
    for spec in fields(Settings):
        value = getattr(settings, spec.name)
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        if text and spec.name != "data_dir" and not spec.metadata["secret"] and redact(text) == text:
            found[PREFIX + spec.name.upper()] = text
    return found


def read(data_dir: Path) -> dict[str, str]:
    """What the `up` that rules over the folder now works with; empty when none does."""
    if holder(data_dir) is None:  # the file of one that was killed says nothing about now
        return {}
    with contextlib.suppress(OSError, ValueError):
        said = json.loads((data_dir / RUNNING_FILE).read_text(encoding="utf-8"))
        if isinstance(said, dict):
            return {str(name): str(value) for name, value in said.items()}
    return {}
