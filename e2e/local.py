"""Stand-ins for hosts where none can be made: HAProxy and the agent as local processes on loopback addresses.

What they cannot show: an own systemd, the one-shot installer, a cable to pull. `cut` freezes both processes, which
looks from outside like a host that fell silent with its connections open.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AGENT = ROOT / "agent" / "dist" / "balctl_heartbeat.py"
PORT = 18080
UNITS = ("haproxy", "balctl-heartbeat")

HAPROXY_CFG = """global
    stats socket {root}/run/haproxy/admin.sock mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend web
    bind {address}:{port}
    http-request return status 200 content-type text/plain string "{name}\\n" if {{ path /whoami }}
"""


class LocalHost:
    """The same verbs as a lab host, for two processes of our own."""

    def __init__(self, folder: Path, hostname: str, number: int) -> None:
        self.hostname = self.name = hostname
        self.address = f"127.0.0.{10 + number}"
        self.root = folder / hostname
        self.is_on = True
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("etc/haproxy", "etc/balctl", "run/haproxy", "var/lib/balctl"):
            (self.root / name).mkdir(parents=True)
        text = HAPROXY_CFG.format(root=self.root, address=self.address, port=PORT, name=hostname)
        (self.root / "etc/haproxy/haproxy.cfg").write_text(text)
        self.service("start", "haproxy")

    def enrol(self, secret: str, api_base: str, ca_file: Path) -> None:
        """What the installer would write, for a process that is not a service."""
        lines = {
            "BALCTL_ENROLLMENT_SECRET": secret,
            "BALCTL_API_BASE": api_base,
            "BALCTL_HOSTNAME": self.hostname,
            "BALCTL_DECLARE_IP": self.address,
            "BALCTL_CA_FILE": str(ca_file),
        }
        env = self.root / "agent.environ"
        env.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        self.service("start", "balctl-heartbeat")

    def service(self, verb: str, unit: str) -> str:
        running = unit in self._children and self._children[unit].poll() is None
        if verb in {"stop", "restart"} and running:
            self._end(unit)
            running = False
        if verb in {"start", "restart"} and not running:
            self._begin(unit)
        return "active" if unit in self._children else "inactive"

    def _begin(self, unit: str) -> None:
        environ = dict(os.environ)
        pid_file = self.root / "run" / "haproxy.pid"
        if unit == "haproxy":
            argv = ["haproxy", "-W", "-db", "-p", str(pid_file), "-f", str(self.root / "etc/haproxy/haproxy.cfg")]
        else:
            settings = self.root / "agent.environ"
            if not settings.exists():
                return
            environ |= dict(line.split("=", 1) for line in settings.read_text().splitlines())
            environ["BALCTL_ROOT"] = str(self.root)
            argv = [sys.executable, "-I", str(AGENT)]
        with (self.root / f"{unit}.log").open("ab") as log:
            child = subprocess.Popen(
                argv, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._children[unit] = child
        if unit == "haproxy":
            # The agent trusts the pid file; with -db the master leaves writing it to whoever started it.
            pid_file.write_text(f"{child.pid}\n")

    def _end(self, unit: str, how: signal.Signals = signal.SIGTERM) -> None:
        child = self._children.pop(unit, None)
        if child is None or child.poll() is not None:
            return
        os.killpg(child.pid, how)
        os.killpg(child.pid, signal.SIGCONT)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)

    def cut(self) -> None:
        self._signal_all(signal.SIGSTOP)

    def heal(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._children.values():
            if child.poll() is None:
                os.killpg(child.pid, number)

    def crash(self) -> None:
        for unit in UNITS:
            self._end(unit, signal.SIGKILL)
        self.is_on = False

    def boot(self) -> None:
        self.is_on = True
        for unit in UNITS:
            self.service("start", unit)

    def destroy(self) -> None:
        self.heal()
        self.crash()


@dataclass
class Place:
    """A station of the lab, which here is simply this machine."""

    address: str = "127.0.0.1"
    inside: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass
class LocalLab:
    """The shape of a lab, made of local processes."""

    folder: Path
    hostnames: tuple[str, ...]
    hosts: list[Any] = field(default_factory=list)
    control: Place = field(default_factory=Place)
    names: Place = field(default_factory=Place)
    world: Place = field(default_factory=Place)
    lab_id: str = "local"

    def __enter__(self) -> LocalLab:
        self.hosts = [LocalHost(self.folder, name, number) for number, name in enumerate(self.hostnames, start=1)]
        return self

    def host(self, name: str) -> Any:
        return next(host for host in self.hosts if host.hostname == name)

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            host.destroy()
