"""A host of the lab: a station on the switch, a disk, and a machine that boots from it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import cgroup
from .boot import Machine
from .network import FIRST_HOST, Network, Station
from .rootfs import RootFs
from .shell import LabError, wait_until
from .state import HostRecord

BOOT_TIMEOUT_SEC = 60


@dataclass(frozen=True, slots=True)
class HostSpec:
    """What a test may want of a host. `tree` is "/" (this machine's system) or a folder from `tree.debian_tree`."""

    hostname: str | None = None
    tree: Path = Path("/")
    haproxy: bool = True


class Host:
    """Faults: `cut`/`heal` the cable, `crash` (power cut), `poweroff`, `reboot`; `boot` brings it back, with its disk."""

    def __init__(self, network: Network, folder: Path, record: HostRecord, *, survives: bool) -> None:
        self.record, self.network = record, network
        self.name, self.hostname = record.name, record.hostname
        self.station = Station(network, record.name, record.number)
        self.address = self.station.address
        self.disk = RootFs(folder / record.name, tree=Path(record.tree))
        self.machine = Machine(
            lab_id=network.lab_id,
            name=record.name,
            hostname=record.hostname,
            root=self.disk.root,
            namespace=self.station.namespace,
            survives=survives,
        )

    @staticmethod
    def record_for(index: int, spec: HostSpec) -> HostRecord:
        name = f"h{index}"
        return HostRecord(name, FIRST_HOST + index - 1, spec.hostname or name, str(spec.tree), spec.haproxy)

    def create(self, hosts_file: str) -> None:
        self.disk.create()
        self.disk.personalise(hostname=self.hostname, hosts_file=hosts_file, name_server=self.network.names.address)
        if self.record.haproxy:
            self.disk.set_haproxy(self.hostname)
        else:
            self.disk.remove_haproxy()
        self.disk.allow_services()

    # --- power --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Power on, without waiting for anything."""
        if self.is_on:
            raise LabError(f"{self.name} is already on.")
        self.station.unplug()  # a namespace that outlived a shutdown may still hold its last connections
        self.station.plug_in()
        self.machine.start()

    def await_running(self, timeout_sec: float = BOOT_TIMEOUT_SEC) -> None:
        self.machine.await_running(timeout_sec)

    def boot(self, timeout_sec: float = BOOT_TIMEOUT_SEC) -> None:
        self.start()
        self.await_running(timeout_sec)

    def crash(self) -> None:
        """Cut the power. The cable goes first: no FIN and no reset tells the others. The disk stays as it is."""
        self.network.switch_off(self.name)
        self.machine.kill()
        self.station.unplug()

    def poweroff(self, timeout_sec: float = 30) -> None:
        """Shut down in order, then the power is off. A host that does not end in time is cut off."""
        self.machine.ask_to_halt(timeout_sec)
        self.crash()

    def reboot(self, timeout_sec: float = BOOT_TIMEOUT_SEC) -> None:
        before = self.machine.leader()
        self.exec("systemctl", "reboot", check=False)
        wait_until(
            lambda: self.machine.leader() not in (before, None), timeout_sec=timeout_sec, what=f"{self.name} restarts"
        )
        self.await_running(timeout_sec)

    @property
    def is_on(self) -> bool:
        return self.machine.leader() is not None

    def state(self) -> str:
        return self.machine.state()

    # --- cable --------------------------------------------------------------------------------------------------

    def cut(self) -> None:
        self.station.cut()

    def heal(self) -> None:
        self.station.heal()

    # --- looking in ---------------------------------------------------------------------------------------------

    def exec(
        self,
        *argv: object,
        check: bool = True,
        timeout_sec: float = 60,
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return self.machine.exec(*argv, check=check, timeout_sec=timeout_sec, stdin=stdin, env=env)

    def sh(self, script: str, *, check: bool = True, timeout_sec: float = 60) -> str:
        """Output of a shell script in the host."""
        return self.exec("sh", "-euc", script, check=check, timeout_sec=timeout_sec).stdout

    def popen(self, argv: Sequence[str], *, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return self.machine.popen(argv, env=env)

    def put(self, path: str, content: str | bytes, *, mode: int = 0o644) -> None:
        """Write a file, whether the host is on or off."""
        if self.is_on:
            self.exec("install", "-D", "-m", f"{mode:o}", "/dev/stdin", path, stdin=content)
        else:
            self.disk.put(path, content, mode=mode)

    def read(self, path: str) -> str:
        return self.exec("cat", path).stdout

    def journal(self, unit: str, lines: int = 50) -> str:
        return self.exec("journalctl", "--no-pager", "-n", lines, "-u", unit, check=False).stdout

    def service(self, verb: str, unit: str) -> str:
        """`service("stop", "haproxy")`; `is-active` and the like give their word and do not fail."""
        return self.exec("systemctl", verb, unit, check=not verb.startswith("is-")).stdout.strip()

    def trust(self, ca_pem: str, name: str = "lab") -> None:
        """Add a certificate authority to the host's store."""
        self.put(f"/usr/local/share/ca-certificates/{name}.crt", ca_pem)
        self.exec("update-ca-certificates")

    def use_apt_repository(self, url: str) -> None:
        """Let apt know this repository alone."""
        self.put("/etc/apt/sources.list", f"deb [trusted=yes] {url} ./\n")
        self.sh("rm -f /etc/apt/sources.list.d/*; rm -rf /var/lib/apt/lists/*")

    def destroy(self) -> None:
        """Leave nothing: processes, namespace, cable, disk, control groups."""
        with suppress(LabError):
            self.crash()
        self.machine.forget()
        self.disk.destroy()
        cgroup.remove(self.network.lab_id, self.name)
