"""A server as a child process: found, started, awaited until it answers, paused, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Self

# Enters a network namespace for the moment of a call; nullcontext stays where the caller is.
Within = Callable[[], AbstractContextManager[None]]
HERE: Within = nullcontext

# Servers live in sbin folders that an ordinary PATH lacks.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"])


class MissingPackage(RuntimeError):
    """The server's program is not on this machine; the message names the Debian package."""


class ServerFailed(RuntimeError):
    """The server ended early or did not answer in time; the message carries the end of its log."""


def program(name: str, *, package: str) -> str:
    """Path of a server's program. Raises MissingPackage with the command that installs it."""
    found = shutil.which(name, path=SEARCH_PATH)
    if found is None:
        raise MissingPackage(f"{name} is not on this machine. Install it: apt-get install -y {package}")
    return found


def quick_folder(prefix: str) -> Path:
    """A new folder with a short path: a UNIX socket's path may have 107 bytes, and pytest's folders are long."""
    return Path(tempfile.mkdtemp(prefix=f"sctl-{prefix}-", dir="/tmp"))


class ChildServer:
    """One running server. Use as a context manager, or call `stop`; a second `stop` does nothing."""

    title = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path | None = None, *, within: Within = HERE) -> None:
        self._owns_directory = directory is None
        self.directory = directory if directory is not None else quick_folder(self.title.lower())
        self.directory.mkdir(parents=True, exist_ok=True)
        self.within = within
        self.log_path = self.directory / f"{self.title.lower()}.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise ServerFailed(f"{self.title} is not running.")
        return self._child.pid

    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def launch(self, argv: Sequence[str], *, answers: Callable[[], bool], timeout_sec: float = 20) -> None:
        """Start the program and wait until `answers()` is true. The child dies with the thread that started it,
        so that a killed test run leaves no server; a helper thread that ends early cannot promise that.
        """
        if threading.current_thread() is threading.main_thread():
            argv = ["setpriv", "--pdeathsig", "TERM", "--", *argv]
        with self.within(), self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory, start_new_session=True
            )
        try:
            self._wait(answers, timeout_sec)
        except BaseException:
            self.stop()
            raise

    def _wait(self, answers: Callable[[], bool], timeout_sec: float) -> None:
        end = time.monotonic() + timeout_sec
        while True:
            if not self.running():
                raise ServerFailed(f"{self.title} ended while starting:\n{self.log_tail()}")
            with self.within():
                if answers():
                    return
            if time.monotonic() > end:
                raise ServerFailed(f"{self.title} did not answer within {timeout_sec} s:\n{self.log_tail()}")
            time.sleep(0.02)

    def log_tail(self, lines: int = 20) -> str:
        if not self.log_path.exists():
            return "(no log)"
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def pause(self) -> None:
        """Freeze the process (SIGSTOP): it keeps its sockets and answers nobody."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End the process without notice, as a power cut would; files stay."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(self.stop_signal)
        if self._owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _end(self, with_signal: signal.Signals) -> None:
        child, self._child = self._child, None
        if child is None or child.poll() is not None:
            return
        child.send_signal(with_signal)
        child.send_signal(signal.SIGCONT)  # a paused process must wake up to hear the first one
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
