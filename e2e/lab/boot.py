"""Start a tree as a machine with systemd-nspawn, find its first process, look in, pull its plug."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from . import cgroup
from .namespace import Namespace, dies_with_us
from .shell import LabError, wait_until

# nspawn with --keep-unit leaves "reboot" to its caller, as exit status 133. The shell enters the host's own control
# group first; --keep-unit makes nspawn stay there. TERM comes when our maker has died: the host is halted then, since
# nspawn's own death would leave its processes running. A host that halts by itself goes silent: its cable goes down,
# else the kernel would go on to answer for it with resets.
SUPERVISE = """
for group in $GROUPS_OF_HOST; do echo $$ > "$group/cgroup.procs" || exit 1; done
trap 'kill "$nspawn"; wait "$nspawn"; exit 0' TERM
while :; do
    "$@" &
    nspawn=$!
    wait "$nspawn"
    [ $? = 133 ] || break
done
ip -n "$SWITCH" link set "$PORT" down
"""
PATH_IN_HOST = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Machine:
    """A booted (or not booted) tree. Its processes are recognised by its network namespace, never by a bare number."""

    def __init__(
        self, *, lab_id: str, name: str, hostname: str, root: Path, namespace: Namespace, survives: bool
    ) -> None:
        self.lab_id, self.name, self.hostname = lab_id, name, hostname
        self.root, self.namespace, self.survives = root, namespace, survives
        self.title = f"{lab_id}-{name}"
        self.console = root.parent / "console.log"
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        groups = cgroup.create(self.lab_id, self.name)
        # A lab that is to outlive its maker (the command line's) must not die with it.
        tie = [] if self.survives else dies_with_us()
        environ = {
            **os.environ,
            "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
            "GROUPS_OF_HOST": " ".join(map(str, groups)),
            "SWITCH": f"{self.lab_id}-switch",
            "PORT": self.name,
        }
        with self.console.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [*tie, "sh", "-c", SUPERVISE, "sh", *self._nspawn()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environ,
                start_new_session=True,
            )

    def _nspawn(self) -> list[str]:
        return [
            *("systemd-nspawn", "--quiet", "--boot", "--directory", str(self.root)),
            *("--machine", self.title, "--hostname", self.hostname, "--register=no", "--keep-unit"),
            *("--network-namespace-path", str(self.namespace.path)),
            "--capability=CAP_NET_ADMIN,CAP_NET_RAW",
            *("--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=pipe"),
        ]

    def leader(self) -> int | None:
        """The host's process 1 as the machine numbers it, or None while the host is off."""
        return next((pid for pid in self.namespace.pids() if _is_first_in_its_pid_namespace(pid)), None)

    def state(self) -> str:
        """What systemd says (`running`, `degraded`, `starting`, …), or `off`."""
        try:
            return self.exec("systemctl", "is-system-running", check=False).stdout.strip() or "starting"
        except LabError:
            return "off"

    def await_running(self, timeout_sec: float) -> None:
        def up() -> bool:
            if self._supervisor is not None and self._supervisor.poll() is not None:
                raise LabError(f"{self.title} did not boot:\n{self.console_tail()}")
            return self.state() in ("running", "degraded")

        try:
            wait_until(up, timeout_sec=timeout_sec, what=f"{self.title} is booted")
        except LabError as error:
            raise LabError(f"{error}\n{self.console_tail()}") from error

    def console_tail(self, lines: int = 25) -> str:
        if not self.console.exists():
            return "(no console output)"
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-lines:])

    def exec(
        self,
        *argv: object,
        check: bool = True,
        timeout_sec: float = 60,
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the host, as its root, and wait. Raises LabError when it fails and `check` is set."""
        words = [str(word) for word in argv]
        with subprocess.Popen(
            self.command(words),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environ(env),
            start_new_session=True,
        ) as child:
            try:
                sent = stdin.encode() if isinstance(stdin, str) else stdin
                out, err = (text.decode(errors="replace") for text in child.communicate(sent, timeout=timeout_sec))
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)  # nsenter forks: its child is in the same group
                if isinstance(error, subprocess.TimeoutExpired):
                    raise LabError(f"{self.name}: {' '.join(words)} did not end within {timeout_sec} s") from error
                raise
        if check and child.returncode:
            said = f"{out}{err}".strip()
            raise LabError(f"{self.name}: {' '.join(words)} failed with {child.returncode}:\n{said}")
        return subprocess.CompletedProcess(words, child.returncode, out, err)

    def popen(self, argv: Sequence[str], *, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command in the host with pipes to the caller, who ends it."""
        return subprocess.Popen(
            self.command(list(argv)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environ(env),
            start_new_session=True,
        )

    @staticmethod
    def environ(more: dict[str, str] | None = None) -> dict[str, str]:
        """A host's commands see nothing of the caller's environment."""
        return {"PATH": PATH_IN_HOST, "HOME": "/root", "LANG": "C.UTF-8", **(more or {})}

    def command(self, words: list[str]) -> list[str]:
        """The words that run `words` in the host, as its root."""
        leader = self.leader()
        if leader is None:
            raise LabError(f"{self.title} is off: boot it first.")
        return ["nsenter", "-t", str(leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--", *words]

    def ask_to_halt(self, timeout_sec: float) -> bool:
        """Shut down as the power button does; False when the host did not end in time."""
        leader = self.leader()
        if leader is None:
            return True
        with suppress(ProcessLookupError):
            os.kill(leader, signal.SIGRTMIN + 4)  # systemd(1): start poweroff.target
        try:
            wait_until(lambda: self.leader() != leader, timeout_sec=timeout_sec, what=f"{self.title} halts")
        except LabError:
            return False
        return True

    def kill(self) -> None:
        """End all its processes at once, the supervisor first: no shutdown, no reboot."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.kill()  # by hand: it may not have entered the group yet
            supervisor.wait(10)
        cgroup.kill_all(self.lab_id, self.name)
        self.namespace.kill_all()  # what `exec` started is in the caller's group, but in the host's network

    def forget(self) -> None:
        """Remove what nspawn leaves under /run."""
        for kept in ("unix-export", "propagate"):
            folder = Path("/run/systemd/nspawn") / kept / self.title
            if folder.is_mount():
                subprocess.run(["umount", str(folder)], check=False)
            shutil.rmtree(folder, ignore_errors=True)


def _is_first_in_its_pid_namespace(pid: int) -> bool:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == "1"
