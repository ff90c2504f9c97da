"""State of the units that matter on a host that serves others."""

from __future__ import annotations

import os

from ..files import under
from ..procs import find_program, run_program
from .bus import BusUnavailable, UnitBus

WATCHED_UNITS = (
    "haproxy", "keepalived", "nginx", "apache2", "httpd", "lsws", "lshttpd", "mariadb", "mysql", "mysqld", "postgresql", "redis-server",
    "redis", "ssh", "sshd", "cron", "crond", "nftables", "firewalld", "ufw", "fail2ban", "chrony", "chronyd", "systemd-timesyncd",
    "cpanel", "exim", "dovecot", "named", "pdns",
)  # fmt: skip
UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")


def installed_units(root: str) -> list[str]:
    """Watched units that this host has, by their unit files."""
    found: list[str] = []
    for name in WATCHED_UNITS:
        if any(os.path.isfile(under(root, f"{folder}/{name}.service")) for folder in UNIT_FOLDERS):
            found.append(name)
    return found


def has_unit(root: str, name: str) -> bool:
    return any(os.path.isfile(under(root, f"{folder}/{name}.service")) for folder in UNIT_FOLDERS)


class ServiceReader:
    """Unit states over the bus each beat; `refresh_slowly` asks systemctl from the slow thread where there is no bus."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._bus = UnitBus(root)
        self._fallback: dict[str, str] = {}
        self.units: list[str] = []
        self.bus_works = False

    def states(self) -> dict[str, str]:
        if not self.units:
            return {}
        try:
            states = self._bus.states([unit + ".service" for unit in self.units])
        except BusUnavailable:
            self.bus_works = False
            return dict(self._fallback)
        self.bus_works = True
        return {name[: -len(".service")]: state for name, state in states.items()}

    def refresh_slowly(self) -> None:
        self.units = installed_units(self._root)
        if self.units and not self.bus_works and os.path.isdir(under(self._root, "/run/systemd/system")):
            self._fallback = systemctl_states(self.units)


def systemctl_states(units: list[str]) -> dict[str, str]:
    program = find_program("systemctl")
    if not program:
        return {}
    shown = run_program([program, "show", "--property=Id,ActiveState", *[unit + ".service" for unit in units]], 5.0)
    states: dict[str, str] = {}
    for block in shown.output.split("\n\n"):
        pairs = dict(line.partition("=")[::2] for line in block.splitlines())
        name = pairs.get("Id", "")
        if name.endswith(".service"):
            states[name[: -len(".service")]] = pairs.get("ActiveState", "unknown")
    return states


def stat_of(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size)
