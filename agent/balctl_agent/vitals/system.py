"""Which system this is. Read once: it changes with a reboot or an upgrade."""

from __future__ import annotations

import os

from ..files import read_text, under

DEBIAN_LIKE = {"debian", "ubuntu", "raspbian", "linuxmint"}
RHEL_LIKE = {"rhel", "fedora", "centos", "almalinux", "rocky", "ol", "amzn", "cloudlinux"}


def read_system(root: str) -> dict[str, object]:
    release = parse_release(read_text(under(root, "/etc/os-release")) or read_text(under(root, "/usr/lib/os-release")))
    kinds = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    family = "debian" if kinds & DEBIAN_LIKE else "rhel" if kinds & RHEL_LIKE else "other"
    return {
        "osFamily": family,
        "osName": release.get("PRETTY_NAME") or release.get("NAME") or "Linux",
        "kernel": read_text(under(root, "/proc/sys/kernel/osrelease")).strip() or os.uname().release,
    }


def parse_release(text: str) -> dict[str, str]:
    values = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            values[name.strip()] = value.strip().strip("\"'")
    return values
