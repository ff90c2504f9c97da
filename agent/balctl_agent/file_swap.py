"""Several files changed as one step: all new, or all as before, also when the host dies in the middle.

Old contents are copied aside and a journal names them before the first rename; the journal goes when the change stands.
Whoever finds a journal later puts the old files back.
"""

from __future__ import annotations

import json
import os

from .errors import StepFailed
from .failpoint import failpoint
from .files import read_capped, remove_quietly, sync_folder, under, write_atomic, write_beside

SWAP_FILE_CAP_BYTES = 64 << 20


class FileSwap:
    """One change of several files. `folder` is private and holds the journal and the old contents."""

    def __init__(self, root: str, folder: str) -> None:
        self._root = root
        self._folder = folder
        self._new: list[tuple[str, bytes, tuple[int, int, int]]] = []
        self._gone: list[str] = []

    @property
    def _journal(self) -> str:
        return os.path.join(self._folder, "journal.json")

    def write(self, path: str, data: bytes, mode: int, uid: int, gid: int) -> None:
        self._new.append((path, data, (mode, uid, gid)))

    def remove(self, path: str) -> None:
        self._gone.append(path)

    def begin(self) -> None:
        """Keep the old contents, then put everything in place. OSError leaves all files as before."""
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        if os.path.exists(self._journal):
            raise StepFailed(f"{self._folder} holds an unfinished change: restart balctl-agent, which undoes it")
        entries = []
        for number, path in enumerate([path for path, _, _ in self._new] + self._gone):
            entries.append(self._keep(number, path))
        write_atomic(self._journal, json.dumps(entries).encode())
        failpoint("swap_journalled")
        beside: list[tuple[str, str]] = []
        try:
            for path, data, (mode, uid, gid) in self._new:
                live = under(self._root, path)
                candidate = write_beside(live, data, mode)
                beside.append((candidate, live))
                os.chown(candidate, uid, gid)
            for candidate, live in beside:
                os.replace(candidate, live)
                failpoint("swap_half")
            for path in self._gone:
                os.unlink(under(self._root, path))
            for folder in sorted({os.path.dirname(under(self._root, path)) for path in self._touched()}):
                sync_folder(folder)
        except OSError:
            self.undo()
            raise
        finally:
            for candidate, _ in beside:
                remove_quietly(candidate)

    def _touched(self) -> list[str]:
        return [path for path, _, _ in self._new] + self._gone

    def _keep(self, number: int, path: str) -> dict[str, object]:
        live = under(self._root, path)
        if not os.path.lexists(live):
            return {"path": path, "kept": None}
        found = os.stat(live)
        kept = os.path.join(self._folder, f"old-{number}")
        write_atomic(kept, read_capped(live, SWAP_FILE_CAP_BYTES))
        return {"path": path, "kept": kept, "mode": found.st_mode & 0o7777, "uid": found.st_uid, "gid": found.st_gid}

    def undo(self) -> None:
        """All files as they were before `begin`."""
        undo_swap(self._root, self._folder)

    def finish(self) -> None:
        """The change stands: forget the old contents."""
        forget_swap(self._folder)


def undo_swap(root: str, folder: str) -> bool:
    """Put back what an unfinished change took away. True when there was one."""
    journal = os.path.join(folder, "journal.json")
    if not os.path.exists(journal):
        return False
    for entry in json.loads(read_capped(journal, 1 << 20)):
        live = under(root, entry["path"])
        if entry["kept"] is None:
            remove_quietly(live)
            continue
        beside = write_beside(live, read_capped(entry["kept"], SWAP_FILE_CAP_BYTES), entry["mode"])
        os.chown(beside, entry["uid"], entry["gid"])
        os.replace(beside, live)
        failpoint("swap_undoing")
    forget_swap(folder)
    return True


def forget_swap(folder: str) -> None:
    remove_quietly(os.path.join(folder, "journal.json"))
    sync_folder(folder)
    for name in os.listdir(folder):
        remove_quietly(os.path.join(folder, name))
