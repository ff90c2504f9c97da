"""Programs that we start: an argument list, a time limit, a process group of their own."""

from __future__ import annotations

import os
import signal
import subprocess

from .text import clean_text

QUIET_ENV = {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "cat"}
STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Outcome:
    """Exit status and cleaned output of a program. `status` is None when it could not be started or ran out of time."""

    __slots__ = ("output", "reason", "status")

    def __init__(self, status: int | None, output: str, reason: str = "") -> None:
        self.status = status
        self.output = output
        self.reason = reason

    @property
    def ok(self) -> bool:
        return self.status == 0


def child_environment() -> dict[str, str]:
    """What children see: a plain locale, and none of our secrets."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("BALCTL_", "NOTIFY_", "WATCHDOG_"))
    }
    kept.setdefault("PATH", STANDARD_PATH)
    kept.update(QUIET_ENV)
    return kept


def own_environment() -> dict[str, str]:
    """For children that are this program again: everything but the line to the service manager."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("NOTIFY_", "WATCHDOG_"))}


def end_group(process: subprocess.Popen[bytes], grace_sec: float) -> None:
    """TERM to the whole group, KILL after the grace."""
    for number, patience in ((signal.SIGTERM, grace_sec), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        try:
            os.killpg(process.pid, 0)  # the leader is gone; somebody of its group may be left
        except (ProcessLookupError, PermissionError):
            return


def run_program(argv: list[str], timeout_sec: float, cap_bytes: int = 1 << 20, settings: bool = False) -> Outcome:
    """Run to the end and collect standard output and error together. `settings`: the child is our own and may see ours."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=own_environment() if settings else child_environment(),
            start_new_session=True,
        )
    except OSError as why:
        return Outcome(None, "", f"{argv[0]}: {why.strerror or why}")
    try:
        raw, _ = process.communicate(timeout=timeout_sec)
    except subprocess.TimeoutExpired:
        end_group(process, 2.0)
        try:
            raw, _ = process.communicate(timeout=2.0)
        except subprocess.TimeoutExpired:
            raw = b""  # somebody outside the group still holds the pipe
        return Outcome(
            None,
            clean_text(raw[-cap_bytes:].decode("utf-8", "replace")),
            f"{argv[0]} took longer than {timeout_sec:g} s",
        )
    return Outcome(process.returncode, clean_text(raw[-cap_bytes:].decode("utf-8", "replace")))


def find_program(*names: str) -> str | None:
    """Full path of the first program that is installed."""
    for name in names:
        for folder in os.environ.get("PATH", STANDARD_PATH).split(":"):
            path = os.path.join(folder, name)
            if folder and os.access(path, os.X_OK) and os.path.isfile(path):
                return path
    return None
