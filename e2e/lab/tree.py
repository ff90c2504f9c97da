"""Root trees of other distributions, made once with mmdebstrap and kept in a cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from pathlib import Path

from .shell import LabError, run

# Debian 11 is the oldest host that the agent supports: Python 3.9, systemd 247.
BULLSEYE = "bullseye"
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "python3",
    "haproxy",
    "openssl",
    "unzip",
    "curl",
    "ca-certificates",
    "iproute2",
    "procps",
    "nftables",
    "openssh-server",
)


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "serversctl-lab"


def debian_tree(suite: str = BULLSEYE, packages: tuple[str, ...] = PACKAGES) -> Path:
    """Path of the suite's tree, made on first use (about 100 s, 210 MB). Other packages make another tree."""
    wanted = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:8]
    folder = cache_folder() / "trees"
    folder.mkdir(parents=True, exist_ok=True)
    tree = folder / f"{suite}-{wanted}"
    with (folder / f"{tree.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs that want the same tree make it once
        if not tree.exists():
            _build(tree, suite, packages)
    return tree


def is_cached(suite: str = BULLSEYE) -> bool:
    return any((cache_folder() / "trees").glob(f"{suite}-????????"))


def mirror() -> str:
    """The Debian mirror that this machine's apt uses for its own release."""
    release = _codename()
    listing = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    for line in listing.splitlines():
        uri, suite, component = line.split()
        if suite == release and component == "main":
            return uri
    raise LabError(f"apt has no source for {release} main: look into /etc/apt/sources.list.d.")


def _codename() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    raise LabError("/etc/os-release names no VERSION_CODENAME: trees can be made on Debian and its children only.")


def _build(tree: Path, suite: str, packages: tuple[str, ...]) -> None:
    part = tree.with_name(f"{tree.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}"]
    try:
        run(*argv, suite, part, mirror(), timeout_sec=900)
        part.rename(tree)  # only a whole tree gets the name
    finally:
        shutil.rmtree(part, ignore_errors=True)
