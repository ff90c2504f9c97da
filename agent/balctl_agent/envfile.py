"""Changes to agent.env: one setting at a time, the rest of the file kept, never half-written."""

from __future__ import annotations

import re

from .config import ENV_END, ENV_HEAD
from .files import read_capped, write_atomic


def render_env(settings: dict[str, str]) -> str:
    """A whole file, with the marks that show when its end is missing."""
    lines = [ENV_HEAD, *[f"{name}={value}" for name, value in settings.items()], ENV_END]
    return "\n".join(lines) + "\n"


def replace_setting(text: str, name: str, value: str) -> str:
    line = f"{name}={value}"
    changed, count = re.subn(rf"^[ \t]*{re.escape(name)}[ \t]*=.*$", lambda _: line, text, flags=re.MULTILINE)
    if count:
        return changed
    body, mark, rest = text.rpartition(f"\n{ENV_END}\n")
    return f"{body}\n{line}{mark}{rest}" if mark else text.rstrip("\n") + f"\n{line}\n"


def put_setting(path: str, name: str, value: str) -> None:
    """Set one value in the file, mode 0600. OSError when it cannot be written."""
    text = read_capped(path, 64 * 1024).decode("utf-8")
    write_atomic(path, replace_setting(text, name, value).encode(), 0o600)
