"""HAProxy on this host: what it is, whether it runs, what it serves."""

from __future__ import annotations

import os
import re

from ..clock import boot_seconds
from ..files import read_text, under
from ..haproxy_config import ConfigFacts, config_arguments, config_files, config_fingerprint, running_pid
from ..haproxy_socket import ask_haproxy, server_states, stat_rows, stat_summary
from ..procs import find_program, run_program
from ..stack_registry import Stack, stack
from ..vitals.services import has_unit

SOCKET_SEC = 0.25
SOCKET_SHARE = 0.02  # of the time may go into asking HAProxy
SOCKET_PAUSE_SEC = 10.0


@stack("haproxy")
class HaproxyStack(Stack):
    def __init__(self, root: str) -> None:
        super().__init__(root)
        self._here = False
        self._has_unit = False
        self._pid: int | None = None
        self._version = ""
        self._version_of: tuple[str, float] | None = None
        self._config_path = ""
        self._fingerprint = ""
        self._config_seen: object = None
        self._facts = ConfigFacts("")
        self._rows: list[dict[str, str]] = []
        self._stats: dict[str, object] = {}
        self._socket_works = False
        self._ask_again_at = 0.0

    def refresh(self) -> None:
        arguments = config_arguments(self.root)
        files = config_files(self.root, arguments)
        self._has_unit = has_unit(self.root, "haproxy")
        self._pid = running_pid(self.root)
        self._here = bool(files) and (self._has_unit or self._pid is not None)
        if not self._here:
            return
        self._config_path = files[0]
        seen = [(path, stat_mark(under(self.root, path))) for path in files]
        if seen != self._config_seen:
            self._facts = ConfigFacts("\n".join(read_text(under(self.root, path), 16 << 20) for path in files))
            self._fingerprint = config_fingerprint(self.root, files)
            self._config_seen = seen
        self._find_version()

    def _find_version(self) -> None:
        program = find_program("haproxy") or under(self.root, "/usr/sbin/haproxy")
        try:
            mark = (program, os.stat(program).st_mtime)
        except OSError:
            self._version, self._version_of = "", None
            return
        if mark != self._version_of:
            self._version_of = mark
            matched = re.search(r"version (\d+\.\d+(?:[.-]\w+)*)", run_program([program, "-v"], 5.0, 65536).output)
            self._version = matched.group(1).split("-")[0] if matched else ""

    def fast(self, unit_states: dict[str, str]) -> dict[str, object] | None:
        if not self._here:
            return None
        state = unit_states.get("haproxy", "")
        if state and state != "unknown":
            active = state in ("active", "reloading")
        else:
            if self._pid is None or not os.path.exists(f"/proc/{self._pid}"):
                self._pid = running_pid(self.root)  # without systemd the pid file is the only witness
            active = self._pid is not None
        self._ask(active)
        block: dict[str, object] = {
            "monitored": True, "active": active, "version": self._version, "configPath": self._config_path,
            "configFingerprint": self._fingerprint, "adminSocket": self._socket_works,
        }  # fmt: skip
        if state:
            block["unitState"] = state
        if self._stats:
            block["stats"] = self._stats
        return block

    def _ask(self, active: bool) -> None:
        path = self._facts.admin_socket
        now = boot_seconds()
        if not path or not active:
            self._socket_works, self._stats, self._rows = False, {}, []
            return
        if now < self._ask_again_at:
            return
        try:
            self._rows = stat_rows(ask_haproxy(under(self.root, path), "show stat", SOCKET_SEC))
        except OSError:
            self._socket_works, self._stats, self._rows = False, {}, []
            self._ask_again_at = boot_seconds() + SOCKET_PAUSE_SEC
            return
        self._stats = stat_summary(self._rows)
        self._socket_works = True
        self._ask_again_at = now + (boot_seconds() - now) / SOCKET_SHARE - 0.5

    def slow(self) -> dict[str, object]:
        if not self._here:
            return {}
        return {"listeners": self._facts.listeners[:200], "topology": self._facts.topology(server_states(self._rows))}


def stat_mark(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
