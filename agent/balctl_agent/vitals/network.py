"""Interfaces with their byte counters since boot."""

from __future__ import annotations

from .proc_files import ProcFiles

LIMIT_INTERFACES = 16
SKIPPED = ("lo", "veth", "docker", "br-", "virbr", "ifb")


def read_network(files: ProcFiles) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for line in files.read("/proc/net/dev").split(b"\n")[2:]:
        name, colon, rest = line.partition(b":")
        interface = name.strip().decode("ascii", "replace")
        fields = rest.split()
        if not colon or len(fields) < 9 or interface.startswith(SKIPPED):
            continue
        rows.append({"name": interface, "rxBytes": int(fields[0]), "txBytes": int(fields[8])})
    return rows[:LIMIT_INTERFACES]
