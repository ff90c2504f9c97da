"""One network namespace: made, entered for a moment, emptied of its processes, removed."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .shell import LabError, run

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _enter(handle: int) -> None:
    if _libc.setns(handle, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "setns")


class Namespace:
    """A network namespace by its name under /run/netns."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path("/run/netns") / name

    def create(self) -> None:
        run("ip", "netns", "add", self.name)
        run("ip", "-n", self.name, "link", "set", "lo", "up")

    def ip(self, *words: object) -> str:
        return run("ip", "-n", self.name, *words)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """The calling thread is in this namespace until the block ends.

        Sockets belong for ever to the namespace in which they were made, and children and threads start in the one
        of their maker: so whatever is opened or started in the block works in here, and goes on to after it.
        """
        with Path("/proc/thread-self/ns/net").open("rb") as before:
            with self.path.open("rb") as wanted:
                _enter(wanted.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def run(self, *argv: object, check: bool = True, timeout_sec: float = 60, stdin: str | None = None) -> str:
        with self.inside():
            return run(*argv, check=check, timeout_sec=timeout_sec, stdin=stdin)

    def popen(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program in here; both streams go to `log`. It ends with the lab, and with the test run."""
        with self.inside(), (log or Path(os.devnull)).open("ab") as output:
            return subprocess.Popen(
                [*dies_with_us(), *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )

    def pids(self) -> list[int]:
        """Processes in this namespace, other than the caller."""
        try:
            inode = self.path.stat().st_ino
        except OSError:
            return []
        return [pid for pid in _all_pids() if pid != os.getpid() and _net_inode(pid) == inode]

    def kill_all(self, *, timeout_sec: float = 10) -> None:
        """End every process in here. They are the lab's by proof: nobody else enters this namespace."""
        for _ in range(20):  # a dying process may have just forked
            pids = self.pids()
            if not pids:
                return
            for pid in pids:
                self._kill(pid, timeout_sec)
        raise LabError(f"Processes in namespace {self.name} do not end: {self.pids()}")

    def _kill(self, pid: int, timeout_sec: float) -> None:
        with suppress(ProcessLookupError, OSError):
            handle = os.pidfd_open(pid)
            try:
                # The number may have been given to another process meanwhile; the handle cannot.
                if _net_inode(pid) == self.path.stat().st_ino:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    _await_end(handle, timeout_sec)
            finally:
                os.close(handle)

    def destroy(self) -> None:
        if self.path.exists():
            self.kill_all()
            run("ip", "netns", "del", self.name, check=False)


def dies_with_us() -> list[str]:
    """Words before a command that end it when we end, however we end.

    The kernel ties this to the thread that forks (prctl(2), PR_SET_PDEATHSIG), so it is left out off the main thread:
    a worker thread that ends would take its children along.
    """
    if threading.current_thread() is not threading.main_thread():
        return []
    return ["setpriv", "--pdeathsig", "TERM", "--"]


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _net_inode(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return None


def _await_end(handle: int, timeout_sec: float) -> None:
    poll = select.poll()
    poll.register(handle, select.POLLIN)  # readable when the process has ended
    poll.poll(timeout_sec * 1000)
