"""The real control plane of a story or the demo: `serversctl up` as a child, driven as an operator would."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from .api import Api, Problem
from .lab.namespace import dies_with_us

ROOT = Path(__file__).resolve().parent.parent
SERVERSCTL = ROOT / ".venv" / "bin" / "serversctl"
EMAIL, PASSWORD = "owner@example.com", "correct-horse-battery-staple"
Within = Callable[[], AbstractContextManager[None]]


class ControlPlane:
    """One installation in its own data folder. `within` enters the network that it lives in."""

    def __init__(
        self,
        data_dir: Path,
        *,
        address: str,
        port: int = 8443,
        within: Within = nullcontext,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir, self.within = data_dir, within
        self.url = f"https://{address}:{port}"
        self.ca_file = data_dir / "tls" / "ca.pem"
        self.log_path = data_dir.parent / f"{data_dir.name}.log"
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SERVERSCTL_")},
            "SERVERSCTL_DATA_DIR": str(data_dir),
            "SERVERSCTL_LISTEN": f"{address}:{port}",
            "SERVERSCTL_PUBLIC_URL": self.url,
            **(environ or {}),
        }
        self._child: subprocess.Popen[bytes] | None = None
        self.token = ""

    def cli(self, *argv: str, stdin: str | None = None) -> str:
        """Run one `serversctl` command and give back what it printed."""
        with self.within():
            done = subprocess.run(
                [str(SERVERSCTL), *argv],
                input=stdin,
                env=self._environ,
                text=True,
                capture_output=True,
                timeout=60,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"serversctl {' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, timeout_sec: float = 60) -> None:
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        with self.within(), self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                [*dies_with_us(), str(SERVERSCTL), "up"],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_ready(timeout_sec)
        if not self.token:
            self.cli("user", "create", "--email", EMAIL, "--role", "owner", "--password-stdin", stdin=PASSWORD + "\n")
            self.token = self.cli("token", "create", "--email", EMAIL, "--name", "stories").strip().splitlines()[-1]

    def restart(self, **settings: str) -> None:
        """Stop and start again, with these settings (`AGENT_DIST="…"`) changed."""
        self.stop()
        self._environ |= {f"SERVERSCTL_{name}": value for name, value in settings.items()}
        self.start()

    @contextmanager
    def extra(self, role: str) -> Iterator[subprocess.Popen[bytes]]:
        """One more process of a role beside the supervised ones, as a second machine would run it."""
        with self.within(), self.log_path.open("ab") as log:
            child = subprocess.Popen(
                [str(SERVERSCTL), role],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield child
        finally:
            child.kill()
            child.wait(10)

    def _await_ready(self, timeout_sec: float) -> None:
        end = time.monotonic() + timeout_sec
        while time.monotonic() < end:
            if self._child is not None and self._child.poll() is not None:
                raise RuntimeError(f"serversctl up ended with {self._child.returncode}:\n{self.log_tail()}")
            if self.ca_file.exists() and self._ready():
                return
            time.sleep(0.2)
        raise TimeoutError(f"The control plane was not ready within {timeout_sec} s:\n{self.log_tail()}")

    def _ready(self) -> bool:
        with self.within():
            done = subprocess.run(
                [
                    "curl",
                    "-sf",
                    "--noproxy",
                    "*",
                    "--max-time",
                    "2",
                    "--cacert",
                    str(self.ca_file),
                    f"{self.url}/readyz",
                ],
                capture_output=True,
                check=False,
            )
        return done.returncode == 0

    def log_tail(self, lines: int = 40) -> str:
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def api(self) -> Api:
        return Api(self.url, self.token, self.ca_file, self.within)

    # --- harm ---------------------------------------------------------------------------------------------------

    def role_pid(self, role: str) -> int:
        import json

        state = json.loads(next(self.data_dir.glob("tree.json")).read_text())
        return int(state["roles"][role]["pid"] or 0)

    def kill_role(self, role: str) -> None:
        """kill -9 of one process of the tree; the supervisor starts it again."""
        os.kill(self.role_pid(role), signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP to the whole tree, as a paused virtual machine does."""
        for pid in self._tree():
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in reversed(self._tree()):
            os.kill(pid, signal.SIGCONT)

    def _tree(self) -> list[int]:
        assert self._child is not None
        found, queue = [], [self._child.pid]
        while queue:
            pid = queue.pop(0)
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                queue += [int(child) for child in task.read_text().split()]
        return found

    def stop(self, timeout_sec: float = 30) -> None:
        child, self._child = self._child, None
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(timeout_sec)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGTERM)  # a second signal stops waiting and kills
            child.wait(10)


__all__ = ["EMAIL", "PASSWORD", "Api", "ControlPlane", "Problem"]
