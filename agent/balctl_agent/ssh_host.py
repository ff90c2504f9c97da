"""The SSH server of this host: its settings as it reads them itself, a reload, and whether it answers."""

from __future__ import annotations

import os
import signal
import socket
import time

from .errors import StepFailed
from .files import read_text, under
from .haproxy_control import has_systemd
from .jobchild import JobContext
from .procs import find_program

SSHD_CONFIG = "/etc/ssh/sshd_config"
SSH_UNITS = ("ssh.service", "sshd.service")
BANNER_WAIT_SEC = 10.0
SETTLE_SEC = 1.0
APT_INSTALL = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]


def sshd_program() -> str:
    found = find_program("sshd")
    if found is None:
        raise StepFailed("there is no SSH server on this host: install the package openssh-server")
    return found


def install_sshd(context: JobContext) -> bool:
    """Whether the package had to be installed."""
    if find_program("sshd") is not None:
        return False
    if find_program("apt-get"):
        context.need([*APT_INSTALL, "openssh-server"], 600.0)
    elif find_program("dnf"):
        context.need(["dnf", "install", "-y", "-q", "openssh-server"], 600.0)
    sshd_program()
    return True


def sshd_settings(context: JobContext) -> dict[str, list[str]]:
    """What `sshd -T` says: small-letter keyword to its values. StepFailed names the line that is wrong."""
    ensure_privilege_folder(context)
    program = sshd_program()
    done = context.run([program, "-T", "-f", under(context.root, SSHD_CONFIG)], 20.0)
    if not done.ok:
        raise StepFailed(f"sshd does not take its configuration: {' / '.join(done.output.strip().splitlines()[-3:])}")
    found: dict[str, list[str]] = {}
    for line in done.output.splitlines():
        word, _, rest = line.strip().partition(" ")
        found.setdefault(word.lower(), []).append(rest.strip())
    return found


def ensure_privilege_folder(context: JobContext) -> None:
    """sshd tests nothing without this folder, and it is missing until the service ran once."""
    if context.root == "/" and os.getuid() == 0 and not os.path.isdir("/run/sshd"):
        os.makedirs("/run/sshd", 0o755)


def ssh_unit(context: JobContext) -> str | None:
    """The unit of the SSH server that exists here."""
    if not has_systemd(context.root):
        return None
    for unit in SSH_UNITS:
        shown = context.run(["systemctl", "show", "-p", "LoadState", "--value", unit], 20.0)
        if shown.output.strip() == "loaded":
            return unit
    return None


def reload_sshd(context: JobContext, settings: dict[str, list[str]]) -> bool:
    """Let a running server read its settings again. Open sessions stay. False: none runs."""
    unit = ssh_unit(context)
    if unit is not None:
        if context.run(["systemctl", "is-active", unit], 20.0).output.strip() != "active":
            return False
        context.need(["systemctl", "reload", unit], 60.0)
        return True
    number = read_text((settings.get("pidfile") or ["/run/sshd.pid"])[0]).strip()
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), signal.SIGHUP)
    except ProcessLookupError:
        return False
    return True


def ssh_addresses(settings: dict[str, list[str]]) -> list[tuple[str, int]]:
    """Where to knock from this host itself."""
    found = []
    for text in settings.get("listenaddress") or ["0.0.0.0:22"]:
        host, _, port = text.rpartition(":")
        host = host.strip("[]")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - read, not bound
        if port.isdigit():
            found.append((host, int(port)))
    return found


def ssh_banner(settings: dict[str, list[str]], patience_sec: float | None = None) -> str | None:
    """The greeting of the first address that answers with one."""
    ends = time.monotonic() + (BANNER_WAIT_SEC if patience_sec is None else patience_sec)
    while True:
        for host, port in ssh_addresses(settings):
            try:
                with socket.create_connection((host, port), 2.0) as link:
                    link.settimeout(3.0)
                    greeting = link.recv(255).decode("ascii", "replace").strip()
            except OSError:
                continue
            if greeting.startswith("SSH-"):
                return greeting
        if time.monotonic() >= ends:
            return None
        time.sleep(0.25)


def answers_after_reload(settings: dict[str, list[str]]) -> bool:
    """The old process may still greet while it starts anew: ask a moment later."""
    time.sleep(SETTLE_SEC)
    return ssh_banner(settings) is not None
