"""A host's disk: a copy-on-write layer over a tree, made ready to boot as a machine of its own."""

from __future__ import annotations

import os
import shutil
import stat
import time
import uuid
from pathlib import Path

from .shell import LabError, run

# Tree "/": of the machine's top folders a host sees the system's, finds some empty, and does not see the others
# (checkouts and the like) at all.
SYSTEM_FOLDERS = frozenset(
    {"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys", "usr", "var"}
)
EMPTY_FOLDERS = ("home", "media", "mnt", "opt", "root", "srv", "tmp")
EMPTIED = ("usr/local", "var/log", "var/tmp", "var/mail", "var/spool", "var/lib/systemd", "var/lib/haproxy", "etc/apt")
# The machine may have any number of servers enabled; a host starts with these alone.
WANTED_UNITS = frozenset(
    {"haproxy.service", "ssh.service", "dbus.service", "dbus.socket", "systemd-logind.service"}
    | {"systemd-user-sessions.service"}
)
HOST_UNITS = ("ssh.service",)

HAPROXY_CONFIG = """global
    stats socket /run/haproxy/admin.sock mode 660 level admin
    stats timeout 30s
    user haproxy
    group haproxy
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend web
    bind :80
    http-request return status 200 content-type text/plain string "{name}\\n" if {{ path /whoami }}
    default_backend app
backend app
    server s1 127.0.0.1:8001 check inter 500ms
    server s2 127.0.0.1:8002 check inter 500ms
frontend the-servers
    bind 127.0.0.1:8001
    bind 127.0.0.1:8002
    http-request return status 200 content-type text/plain string "page of {name}\\n"
"""


class RootFs:
    """Folder `root` is the host's `/`. It lives in memory: it survives crash and reboot, not `destroy`."""

    def __init__(self, folder: Path, *, tree: Path, size: str = "1g") -> None:
        self.folder, self.tree, self.size = folder, tree, size
        self.root = folder / "root"

    def create(self) -> None:
        self.folder.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "-o", f"mode=755,size={self.size}", "serversctl-lab", self.folder)
        upper, work = self.folder / "upper", self.folder / "work"
        for part in (upper, work, self.root):
            part.mkdir()
        if self.tree == Path("/"):
            _hide_the_machine(upper)
        layers = f"lowerdir={self.tree},upperdir={upper},workdir={work}"
        run("mount", "-t", "overlay", "-o", layers, "serversctl-lab", self.root)

    def put(self, path: str, content: str | bytes, *, mode: int = 0o644) -> None:
        """Write a file while the host is off. A link in the last place is replaced, never followed."""
        target = self.root / path.lstrip("/")
        if not target.parent.resolve().is_relative_to(self.root.resolve()):
            raise LabError(f"{path} leads out of the host's tree by a link: name the real folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        target.chmod(mode)

    def personalise(self, *, hostname: str, hosts_file: str, name_server: str) -> None:
        """Give the tree a name of its own, and nothing to do but what a lab host does."""
        self.put("etc/hostname", hostname + "\n")
        self.put("etc/machine-id", uuid.uuid4().hex + "\n")
        self.put("etc/hosts", hosts_file)
        self.put("etc/resolv.conf", f"nameserver {name_server}\noptions timeout:1 attempts:1\n")
        self.put("etc/fstab", "")
        self.put("etc/apt/apt.conf.d/99lab", 'Acquire::http::Proxy "false";\nAcquire::Languages "none";\n')
        (self.root / "var/log/journal").mkdir(parents=True, exist_ok=True)  # the journal survives a crash
        self._choose_units()
        self._new_ssh_keys()

    def allow_services(self) -> None:
        """Container images forbid packages to start services (policy-rc.d); a booted host must allow it."""
        (self.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)

    def set_haproxy(self, name: str) -> None:
        """HAProxy is there, enabled, and says `name` at /whoami."""
        if not (self.root / "usr/sbin/haproxy").exists():
            raise LabError(f"The tree {self.tree} has no HAProxy. Install it: apt-get install -y haproxy")
        self.put("etc/haproxy/haproxy.cfg", HAPROXY_CONFIG.format(name=name))
        self._enable("haproxy.service")

    def remove_haproxy(self) -> None:
        """HAProxy is not installed, as on a host that is yet to be provisioned; dpkg agrees."""
        if (self.root / "usr/sbin/haproxy").exists():
            # The package's scripts stop the service: they must see no process and no network of the machine.
            self.put("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", mode=0o755)
            apart = ("unshare", "--fork", "--pid", "--mount", "--net", "--ipc", "chroot", self.root)
            run(*apart, "dpkg", "--purge", "--force-depends", "haproxy", timeout_sec=60)
        shutil.rmtree(self.root / "etc/haproxy", ignore_errors=True)

    def destroy(self) -> None:
        for mounted in (self.root, self.folder):
            _unmount(mounted)
        if self.folder.exists():
            self.folder.rmdir()

    def _choose_units(self) -> None:
        system = self.root / "etc/systemd/system"
        for wants in system.glob("*.wants"):
            for link in wants.iterdir():
                if link.name not in WANTED_UNITS:
                    link.unlink()
        for link in (self.root / "etc").glob("rc[0-6S].d/[SK]*"):  # init scripts become units too
            link.unlink()
        for unit in HOST_UNITS:
            self._enable(unit)
        default = system / "default.target"
        default.unlink(missing_ok=True)
        default.symlink_to("/lib/systemd/system/multi-user.target")

    def _enable(self, unit: str) -> None:
        link = self.root / "etc/systemd/system/multi-user.target.wants" / unit
        link.parent.mkdir(parents=True, exist_ok=True)
        if (self.root / "lib/systemd/system" / unit).exists() and not link.is_symlink():
            link.symlink_to(f"/lib/systemd/system/{unit}")

    def _new_ssh_keys(self) -> None:
        ssh = self.root / "etc/ssh"
        if not (self.root / "usr/sbin/sshd").exists():
            return
        for old in ssh.glob("ssh_host_*"):
            old.unlink()
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", ssh / "ssh_host_ed25519_key")


def _hide_the_machine(upper: Path) -> None:
    """Cover everything that belongs to the machine and not to its system."""
    for relative in (*EMPTY_FOLDERS, *EMPTIED):
        cover = upper / relative
        cover.mkdir(parents=True, exist_ok=True)
        os.setxattr(cover, "trusted.overlay.opaque", b"y")  # the lower folder's entries are not seen
    (upper / "root").chmod(0o700)
    for shared in ("tmp", "var/tmp"):
        (upper / shared).chmod(0o1777)
    for part in ("apt.conf.d", "preferences.d", "sources.list.d", "trusted.gpg.d"):
        (upper / "etc/apt" / part).mkdir()
    for entry in Path("/").iterdir():
        if not entry.is_symlink() and entry.name not in SYSTEM_FOLDERS | set(EMPTY_FOLDERS):
            os.mknod(upper / entry.name, stat.S_IFCHR)  # overlayfs reads device 0,0 as "deleted"


def _unmount(path: Path) -> None:
    for _ in range(100):
        if not path.is_mount():
            return
        run("umount", path, check=False)
        time.sleep(0.02)
    raise LabError(f"{path} is still mounted: a process holds it.")
