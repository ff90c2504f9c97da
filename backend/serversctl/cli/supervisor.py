"""One process tree: starts the roles in order, starts them again when they die, ends them all in the reverse order."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

log = logging.getLogger("serversctl.up")

CHILD = str(Path(__file__).with_name("child.py"))
STATE_FILE = "tree.json"
SETTLED_SEC = 60.0  # a role that ran this long starts its back-off anew
BACKOFF_FIRST_SEC, BACKOFF_CAP_SEC = 0.5, 30.0
LINE_MAX_BYTES = 64 * 1024
BAD_SETTING_EXIT = 2
TICK_SEC = 0.5


def backoff_sec(failures: int, chance: float) -> float:
    """Wait before the next start after `failures` deaths in a row; `chance` from 0 to 1 spreads it over its half."""
    longest = min(BACKOFF_CAP_SEC, BACKOFF_FIRST_SEC * 2.0 ** min(failures - 1, 16))
    return longest * (0.5 + chance / 2)


@dataclass(frozen=True, slots=True)
class Role:
    """One program of the tree. `ready` says when the ones behind it may start; `stop_sec` bounds its drain."""

    name: str
    argv: Sequence[str]
    stop_sec: float
    ready: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Chore:
    """Something done every so often; it may name a role that has to start again."""

    every_sec: float
    run: Callable[[], str | None]


@dataclass(slots=True)
class Running:
    """A role's present state."""

    role: Role
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    since: datetime | None = None
    failures: int = 0
    restarts: int = 0
    next_start: float = 0.0
    last_exit: str = ""
    was_ready: bool = False
    wanted_restart: bool = False
    buffer: bytearray = field(default_factory=bytearray)

    @property
    def state(self) -> str:
        if self.process is not None:
            return "running" if self.was_ready else "starting"
        return "waiting" if self.failures else "stopped"


class Supervisor:
    """Runs until SIGTERM, SIGINT or SIGHUP, then drains. A second signal stops waiting and kills."""

    def __init__(
        self,
        roles: Sequence[Role],
        *,
        state_file: Path,
        environ: Mapping[str, str],
        print_line: Callable[[str, str], None],
        on_ready: Callable[[], None] | None = None,
        chores: Sequence[Chore] = (),
    ) -> None:
        self._all = [Running(role) for role in roles]
        self._state_file = state_file
        self._environ = dict(environ)
        self._print_line = print_line
        self._on_ready = on_ready
        self._chores = [(chore, time.monotonic() + chore.every_sec) for chore in chores]
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._exit = 0
        self._stopping = False
        self._began = datetime.now(UTC)

    def run(self) -> int:
        """The exit code: 0 after a wanted stop, 2 when a role refuses its settings at the first start."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        self._selector.register(wake_read, selectors.EVENT_READ, None)
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        wake_before = signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        try:
            while not self._signals and not self._exit:
                self._step()
                self._wait(self._pause())
            self._stop_all()
        finally:
            for running in self._all:
                self._kill(running)
            signal.set_wakeup_fd(wake_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.unregister(wake_read)
            self._selector.close()
            os.close(wake_read)
            os.close(wake_write)
            self._state_file.unlink(missing_ok=True)
        return self._exit

    # --- one turn -----------------------------------------------------------------------------------------------

    def _step(self) -> None:
        now = time.monotonic()
        for running in self._all:
            if running.process is not None:
                self._look_after(running, now)
            if running.process is None and now >= running.next_start and self._before_are_ready(running):
                self._start(running, now)
        for index, (chore, due) in enumerate(self._chores):
            if now >= due:
                self._chores[index] = (chore, now + chore.every_sec)
                self._restart(chore.run())
        if self._on_ready is not None and all(running.was_ready for running in self._all):
            self._on_ready()
            self._on_ready = None

    def _look_after(self, running: Running, now: float) -> None:
        code = _peek_exit(running.process)
        if code is not None:
            self._died(running, code, now)
        elif not running.was_ready and (running.role.ready is None or running.role.ready()):
            running.was_ready = True
            self._write_state()

    def _before_are_ready(self, running: Running) -> bool:
        """At the first start each role waits for those before it; later it starts on its own."""
        return running.restarts > 0 or all(
            other.was_ready for other in self._all[: self._all.index(running)] if other.role.ready is not None
        )

    def _start(self, running: Running, now: float) -> None:
        argv = [sys.executable, "-I", "-S", CHILD, str(os.getpid()), *running.role.argv]
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environ,
            start_new_session=True,  # Ctrl-C in the terminal reaches us alone, and the group can be ended as one
        )
        assert process.stdout is not None  # noqa: S101  we asked for the pipe
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, running)
        running.process, running.started, running.since = process, now, datetime.now(UTC)
        self._write_state()

    def _died(self, running: Running, code: int, now: float) -> None:
        ran_sec = now - running.started
        first = running.restarts == 0
        self._kill(running)
        running.last_exit = _exit_words(code)
        if first and code == BAD_SETTING_EXIT:
            log.error("%s refuses its settings; its message is above.", running.role.name)
            self._exit = BAD_SETTING_EXIT
            return
        if self._stopping:
            return
        running.restarts += 1
        if running.wanted_restart:
            running.wanted_restart = False
            running.next_start = now
        else:
            running.failures = 1 if ran_sec >= SETTLED_SEC else running.failures + 1
            wait = backoff_sec(running.failures, random.random())  # noqa: S311  spreading, not secrecy
            running.next_start = now + wait
            log.warning(
                "%s ended with %s after %.1f s; starting it again in %.1f s",
                running.role.name, running.last_exit, ran_sec, wait,
            )  # fmt: skip
        self._write_state()

    def _restart(self, name: str | None) -> None:
        for running in self._all:
            if running.role.name == name and running.process is not None:
                running.wanted_restart = True
                running.process.send_signal(signal.SIGTERM)

    def _pause(self) -> float:
        dues = [running.next_start for running in self._all if running.process is None]
        dues += [due for _, due in self._chores]
        pause = max(0.0, min([*dues, time.monotonic() + TICK_SEC]) - time.monotonic())
        return max(pause, 0.05) if not all(running.was_ready for running in self._all) else pause

    # --- the end ------------------------------------------------------------------------------------------------

    def _stop_all(self) -> None:
        self._stopping = True
        for running in reversed(self._all):
            if running.process is None:
                continue
            log.info("stopping %s", running.role.name)
            running.process.send_signal(signal.SIGTERM)
            until = time.monotonic() + running.role.stop_sec
            while _peek_exit(running.process) is None:
                if time.monotonic() >= until or self._signals > 1:
                    log.warning("%s did not end within %.0f s: killing it", running.role.name, running.role.stop_sec)
                    break
                self._wait(0.05)
            self._kill(running)
            self._write_state()

    def _kill(self, running: Running) -> None:
        """End what is left of a role's own process group and collect its leader."""
        process = running.process
        if process is None:
            return
        # The leader is not collected yet, so its number, and with it the group's, is still ours.
        # Between fork and setsid there is no group yet: then the leader's own signal does it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        assert process.stdout is not None  # noqa: S101
        self._read(running, process.stdout)
        self._flush(running)
        self._forget(process.stdout)
        process.stdout.close()
        running.process, running.since, running.was_ready = None, None, False

    # --- lines and signals --------------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                try:
                    os.read(key.fd, 512)
                except BlockingIOError:
                    continue
            else:
                self._read(key.data, key.fileobj)  # type: ignore[arg-type]

    def _read(self, running: Running, pipe: IO[bytes]) -> None:
        while True:
            try:
                part = os.read(pipe.fileno(), 65536)
            except BlockingIOError:
                return
            if not part:  # closed at the other end: selecting it again would spin
                self._forget(pipe)
                return
            running.buffer += part
            *lines, rest = running.buffer.split(b"\n")
            running.buffer = bytearray(rest)
            for line in lines:
                self._say(running, line)
            if len(running.buffer) > LINE_MAX_BYTES:
                self._flush(running)
            if len(part) < 65536:
                return

    def _forget(self, pipe: IO[bytes]) -> None:
        if pipe.fileno() in self._selector.get_map():
            self._selector.unregister(pipe)

    def _flush(self, running: Running) -> None:
        if running.buffer:
            self._say(running, running.buffer)
            running.buffer = bytearray()

    def _say(self, running: Running, line: bytes | bytearray) -> None:
        self._print_line(running.role.name, bytes(line[:LINE_MAX_BYTES]).decode("utf-8", "replace").rstrip("\r"))

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._signals += 1

    def _write_state(self) -> None:
        state: dict[str, Any] = {
            "pid": os.getpid(),
            "since": self._began.isoformat(),
            "roles": {
                running.role.name: {
                    "state": running.state,
                    "pid": running.process.pid if running.process else None,
                    "since": running.since.isoformat() if running.since else None,
                    "restarts": running.restarts,
                    "lastExit": running.last_exit or None,
                }
                for running in self._all
            },
        }
        written = self._state_file.with_suffix(".new")
        try:
            written.write_text(json.dumps(state))
            written.replace(self._state_file)
        except OSError as why:
            log.warning("cannot write %s: %s", self._state_file, why)


_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


def _peek_exit(process: subprocess.Popen[bytes] | None) -> int | None:
    """The exit code without collecting the process (negative: the signal), or None while it runs."""
    if process is None:
        return None
    info = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if info is None:
        return None
    return info.si_status if info.si_code == os.CLD_EXITED else -info.si_status


def _exit_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
