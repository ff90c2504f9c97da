"""Staged files into their places as one step: all new, or all as before, to the very same inodes, whenever the host dies.

The journal is synced before the first rename and goes when the change stands. Live files get a second name (a link) in the
stage first and are then renamed over, so no reader ever finds one missing; undoing renames the old inode back.
"""

from __future__ import annotations

import errno
import json
import os

from ..errors import StepFailed
from ..failpoint import failpoint
from ..files import read_capped, remove_quietly, sync_folder, under, write_atomic
from .paths_and_links import Entry
from .staging import Stage, owner_on_this_host, parent_folder

JOURNAL_NAME = "restore-journal.json"
JOURNAL_CAP_BYTES = 64 << 20
Row = dict[str, object]


class TreeSwap:
    def __init__(self, root: str, state_dir: str) -> None:
        self._root = root
        self._journal = os.path.join(state_dir, JOURNAL_NAME)
        self._stage = Stage(root)

    def unfinished(self) -> bool:
        return os.path.exists(self._journal)

    def begin(self, chosen: list[Entry], gone: list[str]) -> None:
        """Put everything in place. OSError or StepFailed leaves all files as before."""
        if self.unfinished():
            raise StepFailed("an earlier restore was cut off and is not undone yet: restart balctl-agent")
        rows = self._plan(chosen, gone)
        try:
            os.makedirs(os.path.dirname(self._journal), mode=0o700, exist_ok=True)
            write_atomic(self._journal, json.dumps(rows).encode())
        except OSError as why:
            folder = os.path.dirname(self._journal)
            raise StepFailed(f"{folder} cannot be written ({why.strerror or why}). Nothing was changed.") from None
        failpoint("restore_journalled")
        try:
            for row in rows:
                self._put(row)
                failpoint("restore_half")
            self._sync(rows)
        except (OSError, StepFailed):
            self.undo()
            raise
        failpoint("restore_swapped")

    def _plan(self, chosen: list[Entry], gone: list[str]) -> list[Row]:
        rows: list[Row] = []
        for number, entry in enumerate(chosen):
            path = str(entry["path"])
            parent_folder(self._root, path)
            live = under(self._root, path)
            is_folder = os.path.isdir(live) and not os.path.islink(live)
            if (entry["type"] == "dir") != is_folder and os.path.lexists(live):
                raise StepFailed(f"{path} is another kind of file here than in the snapshot. Nothing was changed.")
            if entry["type"] != "dir":
                rows += self._missing_folders(path, rows)
                rows.append({"do": "replace" if os.path.lexists(live) else "new", "path": path, "number": number})
            elif not is_folder:
                uid, gid = owner_on_this_host(entry)
                rows += self._missing_folders(path, rows)
                rows.append({"do": "folder", "path": path, "mode": entry["mode"], "uid": uid, "gid": gid})
        for number, path in enumerate(gone, len(chosen)):
            rows.append({"do": "remove", "path": path, "number": number})
        return rows

    def _missing_folders(self, path: str, planned: list[Row]) -> list[Row]:
        known = {row["path"] for row in planned if row["do"] == "folder"}
        rows: list[Row] = []
        above = os.path.dirname(path)
        while above != "/etc" and above not in known and not os.path.isdir(under(self._root, above)):
            rows.insert(0, {"do": "folder", "path": above, "mode": 0o755, "uid": os.getuid(), "gid": os.getgid()})
            above = os.path.dirname(above)
        return rows

    def _old(self, row: Row) -> str:
        return os.path.join(self._stage.old, str(row["number"]))

    def _put(self, row: Row) -> None:
        path = str(row["path"])
        with PlainParent(self._root, path) as (folder, name):
            if row["do"] == "folder":
                os.mkdir(name, 0o700, dir_fd=folder)
                os.chown(name, int(str(row["uid"])), int(str(row["gid"])), dir_fd=folder, follow_symlinks=False)
                os.chmod(name, int(str(row["mode"])), dir_fd=folder)
                return
            if row["do"] == "replace":
                os.link(name, self._old(row), src_dir_fd=folder, follow_symlinks=False)
            if row["do"] == "remove":
                os.rename(name, self._old(row), src_dir_fd=folder)
            else:
                os.rename(self._stage.place(path), name, dst_dir_fd=folder)

    def _sync(self, rows: list[Row]) -> None:
        sync_folder(self._stage.old)
        for folder in sorted({os.path.dirname(under(self._root, str(row["path"]))) for row in rows}):
            sync_folder(folder)

    def undo(self) -> bool:
        """All files as they were before `begin`, however far it came. True when there was something to undo."""
        if not self.unfinished():
            return False
        rows: list[Row] = json.loads(read_capped(self._journal, JOURNAL_CAP_BYTES))
        for row in reversed(rows):
            try:
                with PlainParent(self._root, str(row["path"])) as (folder, name):
                    self._take_back(row, folder, name)
            except FileNotFoundError:
                pass  # its folder was never made, or is gone again
            failpoint("restore_undoing")
        for folder in {os.path.dirname(under(self._root, str(row["path"]))) for row in rows}:
            if os.path.isdir(folder):
                sync_folder(folder)
        self.finish()
        return True

    def _take_back(self, row: Row, folder: int, name: str) -> None:
        if row["do"] == "folder":
            try:
                os.rmdir(name, dir_fd=folder)
            except OSError:
                pass  # never made, or somebody put something in it
        elif row["do"] == "new":
            if not os.path.lexists(self._stage.place(str(row["path"]))):
                os.unlink(name, dir_fd=folder)
        elif os.path.lexists(self._old(row)):
            os.rename(self._old(row), name, dst_dir_fd=folder)

    def clean_up(self) -> bool:
        """At the agent's start, while no job runs: undo, and forget a stage that came to nothing. True when undone."""
        if self.undo():
            return True
        self._stage.clear()
        return False

    def finish(self) -> None:
        """What is in place stands: the journal goes first, then the old files."""
        remove_quietly(self._journal)
        sync_folder(os.path.dirname(self._journal))
        failpoint("restore_forgotten")
        self._stage.clear()


class PlainParent:
    """The folder that holds a path below /etc, opened step by step; a link on the way is refused, also one made just now."""

    def __init__(self, root: str, path: str) -> None:
        self._top = under(root, "/etc")
        self._path = path
        self._handle = -1

    def __enter__(self) -> tuple[int, str]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        *folders, name = self._path.split("/")[2:]
        self._handle = os.open(self._top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in folders:
                below = os.open(part, flags, dir_fd=self._handle)
                os.close(self._handle)
                self._handle = below
        except OSError as why:
            os.close(self._handle)
            if why.errno in (errno.ELOOP, errno.ENOTDIR):
                raise StepFailed(
                    f"{self._path}: {part} is not a plain folder here: a restore follows no links"
                ) from None
            raise
        return self._handle, name

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)
