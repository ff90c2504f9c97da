"""Real file systems with size and use. The mount table is read again only when it changed."""

from __future__ import annotations

import os
import re

from ..files import under
from .proc_files import ProcFiles

REAL_KINDS = {
    "ext2",
    "ext3",
    "ext4",
    "xfs",
    "btrfs",
    "zfs",
    "f2fs",
    "jfs",
    "reiserfs",
    "vfat",
    "ntfs",
    "overlay",
    "bcachefs",
    "tmpfs",
}
LIMIT = 20


class DiskReader:
    def __init__(self, files: ProcFiles) -> None:
        self._files = files
        self._table = b""
        self._mounts: list[str] = []

    def disks(self) -> list[dict[str, object]]:
        table = self._files.read("/proc/self/mounts", 65536)
        if table != self._table:
            self._table, self._mounts = table, real_mounts(table.decode("utf-8", "replace"))
        rows: list[dict[str, object]] = []
        for mount in self._mounts:
            try:
                room = os.statvfs(under(self._files.root, mount))
            except OSError:
                continue
            total = room.f_blocks * room.f_frsize
            if total:
                used = total - room.f_bfree * room.f_frsize
                row: dict[str, object] = {"mount": mount, "totalBytes": total, "usedBytes": used}
                if room.f_files:
                    row["inodesUsedPct"] = round(100 * (1 - room.f_ffree / room.f_files), 1)
                rows.append(row)
        return rows


def real_mounts(table: str) -> list[str]:
    """Mount points worth a gauge: one per device, no bind mounts of single files, network file systems left alone
    (a statvfs on a dead NFS server would hang the heartbeat)."""
    seen: set[str] = set()
    mounts: list[str] = []
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3 or fields[2] not in REAL_KINDS:
            continue
        mount = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), fields[1])
        if fields[2] in ("tmpfs", "overlay") and mount != "/":
            continue
        if mount != "/" and (fields[0] in seen or mount.startswith(("/proc", "/sys", "/dev", "/run", "/etc/"))):
            continue
        seen.add(fields[0])
        if mount not in mounts:
            mounts.append(mount)
    return mounts[:LIMIT]
