"""Stacks that the agent recognises by their files and does not yet look into."""

from __future__ import annotations

import os
import re

from ..files import read_text, under
from ..procs import find_program, run_program
from ..stack_registry import Stack, stack


class DetectedStack(Stack):
    """Present when one of `marks` exists."""

    marks: tuple[str, ...] = ()

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self._block: dict[str, object] | None = None
        self._seen: tuple[str, float] | None = None

    def refresh(self) -> None:
        found = [under(self.root, mark) for mark in self.marks if os.path.exists(under(self.root, mark))]
        if not found:
            self._block, self._seen = None, None
            return
        seen = (found[0], os.stat(found[0]).st_mtime)
        if seen != self._seen:
            version = self.version(found[0])
            self._block = {"detected": True, "version": version} if version else {"detected": True}
            self._seen = seen

    def version(self, found: str) -> str:
        return ""

    def fast(self, unit_states: dict[str, str]) -> dict[str, object] | None:
        return self._block


@stack("openlitespeed")
class OpenLiteSpeed(DetectedStack):
    marks = ("/usr/local/lsws/bin/openlitespeed", "/usr/local/lsws/bin/lshttpd")

    def version(self, found: str) -> str:
        return read_text(under(self.root, "/usr/local/lsws/VERSION"), 200).strip()[:40]


@stack("mariadb")
class MariaDb(DetectedStack):
    marks = ("/usr/sbin/mariadbd", "/usr/sbin/mysqld", "/usr/libexec/mariadbd", "/usr/libexec/mysqld")

    def version(self, found: str) -> str:
        if self.root != "/" or not find_program(os.path.basename(found)):
            return ""
        shown = run_program([found, "--version"], 5.0).output
        matched = re.search(r"Ver (\S+)", shown)
        return matched.group(1)[:60] if matched else ""


@stack("cpanel")
class CPanel(DetectedStack):
    marks = ("/usr/local/cpanel/version", "/usr/local/cpanel/cpanel")

    def version(self, found: str) -> str:
        return read_text(under(self.root, "/usr/local/cpanel/version"), 200).strip()[:40]
