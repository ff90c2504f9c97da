"""What the last complete snapshot of a kind holds, so that files which did not change are not read again."""

from __future__ import annotations

import json
import os
import time

from ..files import read_capped, write_atomic
from .packs import Piece
from .reading import ReadFile, fingerprint

MEMORY_CAP_BYTES = 64 << 20
SETTLE_NS = 2_000_000_000  # a file written within the clock's grain of our reading could change again unnoticed


class Unchanged:
    """Only valid for the very snapshot, member and key generation that the order names as its base."""

    def __init__(self, path: str, *, base_snapshot_id: str, member_id: str, generation: int) -> None:
        self._path = path
        self._who = [member_id, generation]
        self._old: dict[str, list[object]] = {}
        self._old_packs: dict[str, dict[str, object]] = {}
        self._new: dict[str, list[object]] = {}
        self._started_ns = time.time_ns()
        try:
            kept = json.loads(read_capped(path, MEMORY_CAP_BYTES))
            if base_snapshot_id and kept["snapshotId"] == base_snapshot_id and kept["who"] == self._who:
                self._old, self._old_packs = dict(kept["files"]), dict(kept["packs"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass  # nothing is known: everything is read

    def pieces(self, full: str, found: os.stat_result) -> tuple[str, list[Piece]] | None:
        """SHA-256 and pieces of a file that is still the one of the base snapshot."""
        row = self._old.get(full)
        if row is None or row[0] != fingerprint(found):
            return None
        self._new[full] = row
        return str(row[1]), row[2]  # type: ignore[return-value]

    def pack(self, pack_id: str) -> dict[str, object]:
        return self._old_packs[pack_id]

    def note(self, full: str, done: ReadFile) -> None:
        newest = max(done.found.st_mtime_ns, done.found.st_ctime_ns)
        if not done.changed and newest < self._started_ns - SETTLE_NS:
            self._new[full] = [fingerprint(done.found), done.sha256, done.pieces]

    def keep(self, snapshot_id: str, packs: dict[str, dict[str, object]]) -> None:
        """Once the manifest is stored. OSError does not hurt the snapshot: the next one reads everything."""
        value = {"snapshotId": snapshot_id, "who": self._who, "files": self._new, "packs": packs}
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        write_atomic(self._path, json.dumps(value, separators=(",", ":")).encode())
