"""Output of jobs as text that can be stored and shown: pure, bounded, harmless to a terminal."""

from __future__ import annotations

import re
from typing import Any

SIDE_BYTES = 64 * 1024
# ECMA-48 control sequences, operating-system commands (titles, clipboard) and the other escapes.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """Text without escape sequences, control characters and halves of surrogate pairs."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROLS.sub("�", _ESCAPES.sub("", text).replace("\r\n", "\n"))


def plain_json(value: Any, depth: int = 12) -> Any:
    """A JSON value whose strings are plain; anything nested deeper than `depth` is cut."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict | list) and depth == 0:
        return None
    if isinstance(value, dict):
        return {plain(str(key)): plain_json(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_json(item, depth - 1) for item in value]
    return value


def head_and_tail(text: str, side_bytes: int = SIDE_BYTES) -> str:
    """The first and last `side_bytes`, with a line between them that says how much is missing."""
    raw = text.encode()
    left_out = len(raw) - 2 * side_bytes
    if left_out <= 0:
        return text
    head = raw[:side_bytes].decode(errors="ignore")
    tail = raw[-side_bytes:].decode(errors="ignore")
    return f"{head}\n[… {left_out} bytes left out …]\n{tail}"


def append_tail(shown: str, tail: str) -> str:
    """`shown` continued by the newest tail of the output, which may overlap what is shown already."""
    if not shown or not tail:
        return shown or tail
    window = shown[-len(tail) :]
    for length in range(len(window), 0, -1):
        if window[-length:] == tail[:length]:
            return shown + tail[length:]
    # Lines were lost between two reports. A short tail may also be plain news: say nothing then.
    return shown + ("" if shown.endswith("\n") else "\n") + tail
