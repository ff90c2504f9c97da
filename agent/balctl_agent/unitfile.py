"""The unit of this service: replaced by an update when the bundle's differs, put back together with the program."""

from __future__ import annotations

import hashlib
import os
import re
import sys

from .config import AgentConfig
from .errors import UpdateRefused
from .failpoint import failpoint
from .files import read_capped, read_text, under, write_atomic
from .log import log
from .procs import run_program

UNIT_NAME = "balctl-heartbeat.service"
UNIT_PATH = "/etc/systemd/system/" + UNIT_NAME
UNIT_CAP_BYTES = 64 * 1024
BUNDLE_PYTHON = "/usr/bin/python3 "  # as in the bundle; the installer writes the interpreter that it found
STARTS_WITH = re.compile(r"^ExecStart=(\S+ )-I -S \S", re.MULTILINE)
WATCH_UNIT = "balctl-update-watch"
WATCH_SLACK_SEC = 60


def text_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class ServiceUnit:
    """Without an installed unit (another service manager, a container) nothing here does anything."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self.path = under(config.root, UNIT_PATH)
        self._previous = os.path.join(config.state_dir, UNIT_NAME + ".prev")

    def differs_from(self, bundled_sha256: str) -> bool:
        """Is an installed unit another one than the bundle's, apart from the interpreter's path?"""
        text = read_text(self.path, UNIT_CAP_BYTES)
        if not text:
            return False
        found = STARTS_WITH.search(text)
        if found is None:
            log.warning(f"{self.path} does not start this agent as the installer wrote it: it is left as it is")
            return False
        return text_digest(text.replace(found.group(1), BUNDLE_PYTHON)) != bundled_sha256

    def adapted(self, bundled: bytes) -> str:
        """The bundle's unit with the interpreter of the installed one."""
        text = bundled.decode("utf-8", "replace")
        starts = STARTS_WITH.search(read_text(self.path, UNIT_CAP_BYTES))
        if starts is None or STARTS_WITH.search(text) is None or "--trial-guard" not in text:
            raise UpdateRefused("unit_malformed", f"the release's {UNIT_NAME} does not start and guard the agent")
        return text.replace(BUNDLE_PYTHON, starts.group(1))

    def keep(self) -> None:
        write_atomic(self._previous, read_capped(self.path, UNIT_CAP_BYTES), 0o644)

    def replace(self, text: str) -> None:
        """The new unit, loaded. UpdateRefused, with the old one back, when systemd does not take it."""
        write_atomic(self.path, text.encode(), 0o644)
        failpoint("update.unit_replaced")
        refusal = self._reload()
        if refusal:
            self.put_back(text_digest(text))
            raise UpdateRefused("unit_refused", f"systemd does not take the release's {UNIT_NAME}: {refusal}")

    def put_back(self, replaced_sha256: object) -> None:
        """The kept unit again, when the one in place is still the one that the update brought."""
        if not replaced_sha256 or text_digest(read_text(self.path, UNIT_CAP_BYTES)) != replaced_sha256:
            return
        write_atomic(self.path, read_capped(self._previous, UNIT_CAP_BYTES), 0o644)
        failpoint("update.unit_rolled_back")
        refusal = self._reload()
        if refusal:
            log.error(f"{UNIT_NAME} is back, but systemd did not load it ({refusal}): systemctl daemon-reload")

    def watch(self, program: str) -> None:
        """Have systemd look after the trial: a unit that cannot start runs no guard of its own either."""
        if not self._has_systemd():
            return
        run_program(["systemctl", "stop", WATCH_UNIT + ".timer"], 20.0)
        delay = self._config.trial_sec + WATCH_SLACK_SEC
        done = run_program(
            [
                "systemd-run", "--quiet", "--collect", f"--unit={WATCH_UNIT}", f"--on-active={delay:.0f}",
                "--timer-property=AccuracySec=1s",
                sys.executable, "-I", "-S", program + ".prev", "--trial-over",
            ], 20.0,
        )  # fmt: skip
        if not done.ok:
            log.warning(f"systemd-run: {(done.reason or done.output.strip())[-200:]}; the unit's own guard has to do")

    def restart(self) -> None:
        run_program(["systemctl", "restart", "--no-block", UNIT_NAME], 20.0)

    def _has_systemd(self) -> bool:
        return os.path.isdir(under(self._config.root, "/run/systemd/system"))

    def _reload(self) -> str:
        """Why systemd does not have the unit loaded now; empty when it has, or when it does not run here."""
        if not self._has_systemd():
            return ""
        done = run_program(["systemctl", "daemon-reload"], 30.0)
        if not done.ok:
            return (done.reason or done.output.strip())[-200:] or "daemon-reload failed"
        shown = run_program(["systemctl", "show", "--property=LoadState", UNIT_NAME], 20.0).output.strip()
        state = shown.partition("LoadState=")[2]
        return "" if state in ("", "loaded") else f"its load state is {state[:40]}"
