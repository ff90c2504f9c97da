"""Files of a snapshot beside their place: on the same disk, complete, synced and verified before anything live is touched."""

from __future__ import annotations

import grp
import os
import pwd
import re

from ..errors import StepFailed
from ..files import read_capped, remove_quietly, sync_folder, under
from .paths_and_links import Entry
from .reader import SnapshotReader

STAGE_NAME = ".balctl-restore"
MOST_SYNCED_ALONE = 200
SPARE_BYTES = 8 << 20  # what a restore leaves free: HAProxy and the journal need room too
PEM_BLOCK = re.compile(rb"-----BEGIN [A-Z0-9 ]{1,40}-----\s[A-Za-z0-9+/=\s]+-----END [A-Z0-9 ]{1,40}-----")
PEM_CAP_BYTES_STAGED = 1 << 20


def select(reader: SnapshotReader, scopes: set[str], paths: set[str]) -> list[Entry]:
    """What is restored: entries of the scopes, narrowed to paths (or what lies below them) when there are any."""
    chosen = []
    for entry in reader.entries:
        path = str(entry["path"])
        wanted = not paths or any(path == one or path.startswith(one + "/") for one in paths)
        if entry["scope"] in scopes and entry["status"] != "unreadable" and wanted:
            chosen.append(entry)
    if not any(entry["type"] == "file" for entry in chosen):
        raise StepFailed("no file of the snapshot is selected: choose other scopes or paths")
    return chosen


def parent_folder(root: str, path: str) -> str:
    """The folder that exists and is nearest above a path. StepFailed when a link or a file is on the way below /etc."""
    folder = under(root, "/etc")
    for part in path.split("/")[2:-1]:
        below = os.path.join(folder, part)
        if not os.path.lexists(below):
            break
        if os.path.islink(below) or not os.path.isdir(below):
            raise StepFailed(f"{below} is not a plain folder on this host: a restore does not follow links")
        folder = below
    return folder


class Stage:
    """One folder below /etc that only root may enter. `place` says where a path's staged file is."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._together = False
        self.folder = under(root, f"/etc/{STAGE_NAME}")
        self.new = os.path.join(self.folder, "new")
        self.old = os.path.join(self.folder, "old")

    def place(self, path: str) -> str:
        """In a tree like the real one, so that it can be laid over the real one for a check."""
        return self.new + path[len("/etc") :]

    def fill(self, reader: SnapshotReader, chosen: list[Entry]) -> None:
        """Everything staged, or StepFailed and nothing left behind."""
        self.check_room(chosen)
        self._together = len(chosen) > MOST_SYNCED_ALONE
        self.clear()
        try:
            os.mkdir(self.folder, 0o700)
            os.mkdir(self.old, 0o700)
            os.mkdir(self.new, 0o755)
            # In the order of the packs, so that each is fetched once.
            for entry in chosen:
                self._stage(reader, entry)
            if self._together:
                os.sync()  # thousands of files: one sync of everything costs less than each its own
            for where, _, _ in os.walk(self.folder):
                sync_folder(where)
        except OSError as why:
            self.clear()
            raise StepFailed(f"staging failed, nothing was changed: {why.strerror or why}") from None
        except BaseException:
            self.clear()
            raise

    def check_room(self, chosen: list[Entry]) -> None:
        etc = under(self._root, "/etc")
        device = os.stat(etc).st_dev
        for entry in chosen:
            if os.stat(parent_folder(self._root, str(entry["path"]))).st_dev != device:
                raise StepFailed(f"{entry['path']} is on another disk than /etc: it cannot be put in place in one step")
        room = os.statvfs(etc)
        need = sum(int(str(entry["sizeBytes"])) for entry in chosen) + SPARE_BYTES
        if room.f_bavail * room.f_frsize < need:
            raise StepFailed(f"/etc has no room for {need >> 20} MiB: free some space. Nothing was changed.")

    def _stage(self, reader: SnapshotReader, entry: Entry) -> None:
        target = self.place(str(entry["path"]))
        if entry["type"] == "dir":
            os.makedirs(target, 0o755, exist_ok=True)
            return
        os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
        if entry["type"] == "link":
            os.symlink(str(entry["target"]), target)
            os.lchown(target, *owner_on_this_host(entry))
            return
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as out:
            for text in reader.contents(entry):
                out.write(text)
            out.flush()
            os.fchown(out.fileno(), *owner_on_this_host(entry))
            os.fchmod(out.fileno(), int(str(entry["mode"])))
            os.utime(out.fileno(), ns=(int(str(entry["mtimeNs"])),) * 2)
            if not self._together:
                os.fsync(out.fileno())
        if entry["scope"] == "referenced" and not str(entry["path"]).startswith("/etc/haproxy/"):
            self._must_be_pem(target, entry)

    def _must_be_pem(self, target: str, entry: Entry) -> None:
        """Anywhere below /etc, only a certificate or key, and nothing to execute. Text between the blocks is common."""
        try:
            good = PEM_BLOCK.search(read_capped(target, PEM_CAP_BYTES_STAGED))
        except OSError:
            good = None
        if good is None or int(str(entry["mode"])) & 0o111:
            raise StepFailed(f"{entry['path']} is no PEM file: outside of /etc/haproxy nothing else is restored")

    def clear(self) -> None:
        """Also what an earlier restore left. The name is ours alone; a link in its place goes as a link."""
        if os.path.islink(self.folder):
            os.unlink(self.folder)
        remove_tree(self.folder)


def owner_on_this_host(entry: Entry) -> tuple[int, int]:
    """By name where this host knows it, as tar does: numbers differ between hosts. By number otherwise."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    try:
        uid = pwd.getpwnam(str(entry["user"])).pw_uid if entry["user"] else int(str(entry["uid"]))
    except KeyError:
        uid = 0
    try:
        gid = grp.getgrnam(str(entry["group"])).gr_gid if entry["group"] else int(str(entry["gid"]))
    except KeyError:
        gid = 0
    return uid, gid


def remove_tree(top: str) -> None:
    """Bottom up, links as links. What cannot be removed stays: the next restore says so when it is in the way."""
    for where, folders, names in os.walk(top, topdown=False):
        for name in [*names, *(name for name in folders if os.path.islink(os.path.join(where, name)))]:
            remove_quietly(os.path.join(where, name))
        try:
            os.rmdir(where)
        except OSError:
            pass
