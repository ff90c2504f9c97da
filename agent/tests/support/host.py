"""A pretended host: a folder to be the root, an agent.env, programs of our own on the PATH, the agent as a real process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from .control import SECRET
from .form import agent_command

HAPROXY_CFG = """global
    log /dev/log local0
    stats socket {socket} mode 600 level admin expose-fd listeners
    stats timeout 2m

defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s

frontend web
    bind *:80
    bind :::443 ssl crt /etc/haproxy/certs/
    default_backend app

backend app
    server s1 192.0.2.1:80 check
    server s2 192.0.2.2:80 check
"""
SYSTEMCTL = """#!{python}
import os, sys
if sys.argv[1] == "show":
    print("\\n\\n".join("Id=%s\\nActiveState=active" % unit for unit in sys.argv[3:])); sys.exit()
with open({log!r}, "a") as out: out.write(" ".join(sys.argv[1:]) + "\\n")
if os.path.exists({fail!r}) and sys.argv[1] in open({fail!r}).read().split(): sys.exit("Job failed. See journalctl.")
if sys.argv[1] == "is-active": print("active")
"""
HAPROXY = """#!{python}
import sys
if "-v" in sys.argv: print("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/"); sys.exit()
text = "".join(open(sys.argv[i + 1]).read() for i, a in enumerate(sys.argv) if a == "-f")
if "broken" in text: print("[ALERT] (1) : config : parsing [x.cfg:3] : unknown keyword 'broken'", file=sys.stderr); sys.exit(1)
print("Configuration file is valid")
"""


class Host:
    def __init__(self, folder: str, url: str, ca: str) -> None:
        self.root = os.path.join(folder, "root")
        self.bin = os.path.join(folder, "bin")
        self.calls = os.path.join(folder, "systemctl.log")
        self.fail = os.path.join(folder, "systemctl.fail")
        self.processes: list[subprocess.Popen[bytes]] = []
        for path in ("etc/balctl", "usr/local/bin", "var/lib", "run", "etc/haproxy"):
            os.makedirs(os.path.join(self.root, path), exist_ok=True)
        os.makedirs(self.bin, exist_ok=True)
        os.symlink("/proc", os.path.join(self.root, "proc"))
        self.env_file = self.path("/etc/balctl/agent.env")
        self.settings = {
            "BALCTL_ENROLLMENT_SECRET": SECRET,
            "BALCTL_API_BASE": url,
            "BALCTL_CA_FILE": ca,
            "BALCTL_HOSTNAME": "lb1.example.com",
        }
        self.write_env()

    def path(self, path: str) -> str:
        return self.root + path

    def write(self, path: str, text: str, mode: int = 0o644) -> str:
        full = self.path(path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as out:
            out.write(text)
        os.chmod(full, mode)
        return full

    def read(self, path: str) -> str:
        with open(self.path(path)) as source:
            return source.read()

    def write_env(self, **more: str) -> None:
        rows = {**self.settings, **more}
        self.write("/etc/balctl/agent.env", "".join(f"{k}={v}\n" for k, v in rows.items()), 0o600)

    def program(self, name: str, text: str) -> None:
        path = os.path.join(self.bin, name)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, 0o755)

    def with_haproxy(self, socket: str = "/run/haproxy/admin.sock") -> None:
        """A configuration, a unit, and stand-ins for systemctl and haproxy that note what they are asked."""
        self.write("/etc/haproxy/haproxy.cfg", HAPROXY_CFG.format(socket=socket))
        self.write(
            "/usr/lib/systemd/system/haproxy.service",
            '[Service]\nEnvironment="CONFIG=/etc/haproxy/haproxy.cfg"\nExecStart=/usr/sbin/haproxy -Ws -f $CONFIG -p $PIDFILE\n',
        )
        os.makedirs(self.path("/run/systemd/system"), exist_ok=True)
        os.makedirs(self.path("/run/haproxy"), exist_ok=True)
        self.program("systemctl", SYSTEMCTL.format(python=sys.executable, log=self.calls, fail=self.fail))
        self.program("haproxy", HAPROXY.format(python=sys.executable))

    def systemctl_calls(self) -> list[str]:
        try:
            with open(self.calls) as source:
                return source.read().splitlines()
        except FileNotFoundError:
            return []

    def environ(self, **more: str) -> dict[str, str]:
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("BALCTL_", "PYTEST", "HTTPS_PROXY", "https_proxy"))
        }
        return {**kept, "BALCTL_ROOT": self.root, "PATH": self.bin + ":" + kept["PATH"], **more}

    def start(self, command: list[str] | None = None, **more: str) -> subprocess.Popen[bytes]:
        with open(os.path.join(os.path.dirname(self.root), "agent.log"), "ab") as log:
            process = subprocess.Popen(command or agent_command(), env=self.environ(**more), stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def run(self, *arguments: str, command: list[str] | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*(command or agent_command()), *arguments],
            env=self.environ(**more),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def log(self) -> str:
        with open(os.path.join(os.path.dirname(self.root), "agent.log"), errors="replace") as source:
            return source.read()

    def journal(self, job_id: str) -> dict[str, object]:
        return json.loads(self.read(f"/var/lib/balctl/jobs/{job_id}.json"))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + 10
        for process in self.processes:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                self.kill(process)
