"""Facts of the host: quick ones read in each beat, slow ones kept fresh by a thread of their own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from .clock import boot_seconds
from .config import IPV4_SHAPE, AgentConfig
from .errors import AgentError
from .log import log
from .policy import read_policy
from .stack_registry import STACKS
from .state import disk_trouble
from .transport import HttpsClient
from .vitals.certificates import read_certificates
from .vitals.cpu import CpuReader
from .vitals.disks import DiskReader
from .vitals.firewall import read_firewall
from .vitals.memory import read_memory
from .vitals.network import read_network
from .vitals.proc_files import ProcFiles
from .vitals.services import ServiceReader
from .vitals.system import read_system
from .vitals.updates import UpdateReader

DETECT_EVERY_SEC = 10.0
LISTS_EVERY_SEC = 120.0
UPDATES_EVERY_SEC = 3600.0
DISKS_EVERY_SEC = 10.0


class HostFacts:
    """Quick readings: all of them together well under a millisecond."""

    def __init__(self, root: str) -> None:
        self._files = ProcFiles(root)
        self._cpu = CpuReader(self._files)
        self._disks = DiskReader(self._files)
        self._system = read_system(root)
        self._disk_rows: list[dict[str, object]] = []
        self._disks_at = -DISKS_EVERY_SEC

    def read(self, now: float) -> dict[str, object]:
        memory, swap = read_memory(self._files)
        if now - self._disks_at >= DISKS_EVERY_SEC:
            self._disk_rows, self._disks_at = self._disks.disks(), now
        host: dict[str, object] = {
            **self._system,
            "cpu": self._cpu.cpu(),
            "memory": memory,
            "swap": swap,
            "disks": self._disk_rows,
        }
        uptime = self._cpu.uptime_sec()
        if uptime is not None:
            host["uptimeSec"] = uptime
        host["load"] = self._cpu.load()
        host["network"] = read_network(self._files)
        return host


class SlowFacts:
    """Everything that may wait for a disk, a program or a network. A reader that fails is logged and tried again."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self._root = config.root
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._kick = threading.Event()
        self._blocks: dict[str, object] = {}
        self._updates = UpdateReader(config.root)
        self.services = ServiceReader(config.root)
        self.stacks = [kind(config.root) for _, kind in sorted(STACKS.items())]
        self.disk_trouble = ""
        self.public_ip = ""
        self.policy = read_policy(config.policy_path).report()
        self.ready = threading.Event()

    def start(self) -> None:
        quick = {self.detect: DETECT_EVERY_SEC, self.lists: LISTS_EVERY_SEC}
        threading.Thread(target=self._run, args=(quick,), name="facts", daemon=True).start()
        # A package manager may think for minutes: it must not keep us from seeing that HAProxy is gone.
        threading.Thread(
            target=self._run, args=({self.updates: UPDATES_EVERY_SEC},), name="updates", daemon=True
        ).start()

    def look_again(self) -> None:
        """A job changed something: do not wait for the next round."""
        self._kick.set()

    def blocks(self) -> dict[str, object]:
        with self._lock:
            return dict(self._blocks)

    def _run(self, every: dict[Callable[[], None], float]) -> None:
        # Less urgent than the heartbeat, for the kernel's scheduler: threads have their own nice value on Linux.
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        except OSError:
            pass
        due = dict.fromkeys(every, 0.0)
        while not self._stop.is_set():
            for task, at in due.items():
                if boot_seconds() >= at:
                    self._attempt(task)
                    due[task] = boot_seconds() + every[task]
            if self.updates in due:
                self._stop.wait(max(min(due.values()) - boot_seconds(), 0.05))
                continue
            self.ready.set()
            if self._kick.wait(max(min(due.values()) - boot_seconds(), 0.05)):
                self._kick.clear()
                due = dict.fromkeys(every, 0.0)

    def stop(self) -> None:
        self._stop.set()
        self._kick.set()

    def _attempt(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as why:
            log.warn_seldom(
                "facts." + getattr(task, "__name__", ""),
                f"could not read {getattr(task, '__name__', 'facts')}: {type(why).__name__}: {why}",
                600.0,
            )

    def detect(self) -> None:
        self.services.refresh_slowly()
        for each in self.stacks:
            each.refresh()
        self.disk_trouble = disk_trouble(self._config.state_dir)
        self.policy = read_policy(self._config.policy_path).report()

    def find_public_ip(self) -> None:
        """Ask the address service; the last good answer stays when it is away."""
        client = HttpsClient(self._config)
        try:
            answer = client.get(self._config.public_ip_url, 10.0, 4096)
            text = answer.body.decode("ascii", "replace").strip()
            if answer.status == 200 and IPV4_SHAPE.fullmatch(text):
                self.public_ip = text
            else:
                log.warn_seldom(
                    "public-ip", f"{self._config.public_ip_url} answered no IPv4 address (HTTP {answer.status})", 3600.0
                )
        except AgentError as why:
            log.warn_seldom("public-ip", f"public address: {why}", 3600.0)
        finally:
            client.close()

    def lists(self) -> None:
        found: dict[str, object] = {
            "host.firewall": read_firewall(self._root),
            "host.certificates": read_certificates(self._root),
        }
        with self._lock:
            self._blocks.update(found)

    def updates(self) -> None:
        found = {f"host.{name}": value for name, value in self._updates.read().items()}
        with self._lock:
            self._blocks.update(found)
