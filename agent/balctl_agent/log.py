"""The one logger: lines on standard error, with the journal's priority marks under systemd."""

import os
import sys
import time

from .text import clean_line


class AgentLog:
    def __init__(self) -> None:
        self.debugging = False
        self.marked = "JOURNAL_STREAM" in os.environ
        self._last: dict[str, float] = {}

    def _write(self, priority: int, message: str) -> None:
        line = f"<{priority}>{message}" if self.marked else f"{time.strftime('%H:%M:%S')} {message}"
        try:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            pass  # a full or closed journal must not stop a heartbeat

    def debug(self, message: str) -> None:
        if self.debugging:
            self._write(7, clean_line(message, 2000))

    def info(self, message: str) -> None:
        self._write(6, clean_line(message, 2000))

    def warning(self, message: str) -> None:
        self._write(4, clean_line(message, 2000))

    def error(self, message: str) -> None:
        self._write(3, clean_line(message, 2000))

    def warn_seldom(self, key: str, message: str, every_sec: float = 60.0) -> None:
        """A warning at most once in `every_sec` per key: a beat each second must not fill the journal."""
        now = time.monotonic()
        if now - self._last.get(key, -every_sec) >= every_sec:
            self._last[key] = now
            self.warning(message)


log = AgentLog()
