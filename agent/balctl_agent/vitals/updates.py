"""Packages that wait to be upgraded, and whether the system asks for a restart."""

from __future__ import annotations

import os
import re

from ..files import under
from ..procs import find_program, run_program
from .services import stat_of


class UpdateReader:
    """Counts are worked out again only when the package database or its lists changed."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._seen: object = None
        self._counts: dict[str, object] = {}

    def read(self) -> dict[str, object]:
        marks = [
            stat_of(under(self._root, path))
            for path in ("/var/lib/dpkg/status", "/var/lib/apt/lists", "/var/lib/rpm", "/var/cache/dnf")
        ]
        if marks != self._seen and self._root == "/":
            self._counts = self._count()
            self._seen = marks
        return {**self._counts, "rebootRequired": self._reboot_required()}

    def _count(self) -> dict[str, object]:
        apt, dnf = find_program("apt-get"), find_program("dnf", "yum")
        if apt:
            shown = run_program([apt, "-s", "-o", "Debug::NoLocking=1", "--no-download", "dist-upgrade"], 120.0)
            return apt_counts(shown.output) if shown.ok else {}
        if dnf:
            shown = run_program([dnf, "-q", "-C", "check-update"], 120.0)
            if shown.status not in (0, 100):  # 100: there are updates
                return {}
            security = run_program([dnf, "-q", "-C", "check-update", "--security"], 120.0)
            return {"pendingUpdates": dnf_count(shown.output), "securityUpdates": dnf_count(security.output)}
        return {}

    def _reboot_required(self) -> bool:
        if os.path.exists(under(self._root, "/run/reboot-required")) or os.path.exists(
            under(self._root, "/var/run/reboot-required")
        ):
            return True
        program = find_program("needs-restarting") if self._root == "/" else None
        return bool(program and run_program([program, "-r"], 60.0).status == 1)


def apt_counts(output: str) -> dict[str, object]:
    lines = re.findall(r"^Inst .*$", output, re.MULTILINE)
    security = [line for line in lines if re.search(r"-security|Debian-Security", line, re.IGNORECASE)]
    return {"pendingUpdates": len(lines), "securityUpdates": len(security)}


def dnf_count(output: str) -> int:
    """Lines of name.arch, version and repository, before the list of obsoleted packages."""
    current = output.split("Obsoleting Packages", maxsplit=1)[0]
    return len(re.findall(r"^\S+\.\S+\s+\S+\s+\S+\s*$", current, re.MULTILINE))
