"""Can this machine hold a lab? If not, the reason and the fix in one sentence."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path

from . import cgroup
from .namespace import Namespace
from .shell import LabError

CAP_SYS_ADMIN, CAP_NET_ADMIN = 21, 12
PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "haproxy": "haproxy",
    "dbus-daemon": "dbus",
}
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


@cache
def available() -> str | None:
    """None when a lab can be made here, else why not. Asked once per process."""
    return _system() or _rights() or _programs() or _kernel()


def _system() -> str | None:
    if sys.platform != "linux":
        return f"hosts are made of Linux namespaces, and this is {sys.platform}."
    return None


def _rights() -> str | None:
    if os.geteuid() != 0:
        return "namespaces and mounts need root: run it as root, or with sudo."
    status = Path("/proc/self/status").read_text()
    mask = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), 16)
    for bit, name in ((CAP_SYS_ADMIN, "CAP_SYS_ADMIN"), (CAP_NET_ADMIN, "CAP_NET_ADMIN")):
        if not mask >> bit & 1:
            return f"{name} is missing: this root is confined (a container needs --privileged)."
    return None


def _programs() -> str | None:
    missing = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program, path=PATH)})
    if missing:
        return f"packages are missing: apt-get install -y --no-install-recommends {' '.join(missing)}"
    if not Path("/lib/systemd/systemd").exists():
        return "this machine's system has no systemd to boot a host with: apt-get install -y systemd"
    return None


def _kernel() -> str | None:
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "the kernel has no overlay file system: modprobe overlay"
    name = f"labprobe{os.getpid()}"
    if not cgroup.hierarchies():
        return "no control groups below /sys/fs/cgroup: mount them."
    try:
        cgroup.create(name, "h1")
    except OSError as error:
        return f"control groups cannot be made below /sys/fs/cgroup: {error}"
    finally:
        cgroup.remove(name)
    probe = Namespace(name)
    try:
        probe.create()
        probe.ip("link", "add", "br0", "type", "bridge")
        probe.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
        probe.run("nft", "add", "table", "bridge", "lab")
    except LabError as error:
        return f"a network namespace with a bridge cannot be made: {error}"
    finally:
        probe.destroy()
    return None
