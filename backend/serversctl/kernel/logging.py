"""Log lines for people or machines: one line each, with the request they belong to, and no secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="")

HIDDEN = "[hidden]"
# Every repetition is bounded or cannot fail late: a member's text must not be able to slow us down.
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\bsctl_[\w-]+"), f"sctl_{HIDDEN}"),
    (re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{48}(?![0-9A-Fa-f])"), HIDDEN),  # an enrolment secret
    (re.compile(r"(?i)(://[^\s:/@]{0,64}):[^\s/@]{1,256}@"), rf"\1:{HIDDEN}@"),
    (
        re.compile(
            r"""(?ix)
            ((?:password|passwd|secret|token|api[_-]?key|authorization|cookie)[\w-]{0,40}["']?\s{0,4}[=:]\s{0,4})
            (?! \[hidden\] | ["']? (?:bearer|basic) \s )
            (?: "[^"]*" | '[^']*' | [^\s,;&"'}]+ )"""
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
)
# A member's text must not move the cursor, change colours or start a line of its own.
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160))} | {9: " ", 10: "\\n", 13: "\\r"}


def redact(text: str) -> str:
    """The text without anything that looks like a credential."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def one_line(text: str) -> str:
    """The text with control characters spelled out."""
    return text.translate(_CONTROL)


class HumanLines(logging.Formatter):
    """`12:00:01 warning dns: what happened (request 4f1c…)`; a traceback keeps its own lines, indented."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        name = record.name.removeprefix("serversctl.")
        request = request_id.get()
        line = f"{moment:%H:%M:%S} {record.levelname.lower()} {name}: {one_line(redact(record.getMessage()))}"
        if request:
            line += f" (request {one_line(request)})"
        if record.exc_info:
            trace = redact(self.formatException(record.exc_info))
            line += "\n" + "\n".join("    " + one_line(part) for part in trace.splitlines())
        return line


class JsonLines(logging.Formatter):
    """One JSON object per line: time, level, logger, message, role and, where there is one, request and trace."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "role": self.role,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if request_id.get():
            line["requestId"] = request_id.get()
        if record.exc_info:
            line["trace"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True)


def configure(role: str, *, level: str = "info", json_lines: bool = False, stream: TextIO | None = None) -> None:
    """Send every logger of this process to stderr. Calling it again replaces what was there."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(role) if json_lines else HumanLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "urllib3", "botocore", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
