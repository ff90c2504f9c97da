"""A snapshot: every path of a kind into packs and one manifest, with a status per file and an honest one for the whole."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import stat
import time

from ..clock import utc_stamp
from ..errors import StepFailed
from ..files import under
from ..jobchild import JobContext
from ..version import AGENT_VERSION
from .frames import MANIFEST_PURPOSE, PACK_PURPOSE, FrameBox
from .object_wire import ObjectWire
from .packs import PackWriter, seal_manifest
from .paths_and_links import Entry, link_end, stays_inside, usable_path
from .reading import Unreadable, read_file
from .scopes import left_out, paths_of
from .unchanged import Unchanged

FORMAT = 1
MOST_ENTRIES = 50_000
MOST_BYTES = 16 << 30
MOST_TOLD = 20


class Order:
    """The hidden parameters of a backup job."""

    def __init__(self, params: dict[str, object]) -> None:
        self.key = bytes.fromhex(str(params["backupKey"]))
        self.generation = int(str(params["keyGeneration"]))
        self.snapshot_id = str(params["snapshotId"])
        self.member_id = str(params["memberId"])
        self.base_snapshot_id = str(params.get("baseSnapshotId") or "")


def take_snapshot(context: JobContext, kind: str, params: dict[str, object]) -> dict[str, object]:
    """The job's result. StepFailed when there is nothing to keep or the store does not take part."""
    order = Order(params)
    wire = ObjectWire(context.config, context.job_id, context.attempt)
    try:
        return SnapshotWriter(context, kind, order, wire).run()
    finally:
        wire.close()


class SnapshotWriter:
    def __init__(self, context: JobContext, kind: str, order: Order, wire: ObjectWire) -> None:
        self._context = context
        self._kind = kind
        self._order = order
        self._wire = wire
        self._entries: list[Entry] = []
        self._packs = PackWriter(FrameBox(order.key, PACK_PURPOSE, order.member_id), order.snapshot_id, wire.put)
        self._known = Unchanged(
            os.path.join(context.config.state_dir, "backup", f"{kind}.json"),
            base_snapshot_id=order.base_snapshot_id, member_id=order.member_id, generation=order.generation,
        )  # fmt: skip
        self._bytes = 0
        self._etc = os.path.realpath(under(context.root, "/etc"))
        self._real: dict[str, str] = {}  # folders, resolved once: most files share a few
        self._absent: list[Entry] = []  # what the manifest cannot even name

    def run(self) -> dict[str, object]:
        self._context.step("Look for what belongs to the backup", 5)
        paths = paths_of(self._kind, self._context.root)
        if not paths:
            raise StepFailed("nothing that belongs to this backup is on this host")
        if len(paths) > MOST_ENTRIES:
            raise StepFailed(f"{len(paths)} paths are more than a snapshot may hold ({MOST_ENTRIES})")
        for number, (scope, path) in enumerate(paths):
            if number % 200 == 0:
                self._context.step(f"Read and seal {len(paths)} paths", 10 + 80 * number // len(paths))
            if usable_path(path):
                self._entries.append(self._entry(scope, path))
            else:
                shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                self._absent.append(
                    {"path": repr(shown[:300]), "why": "its name holds control characters or is not UTF-8"}
                )
        self._packs.flush()
        self._doubt_links()
        return self._finish()

    def _doubt_links(self) -> None:
        """A link to something that is not in the snapshot could not be restored."""
        by_path = {str(entry["path"]): entry for entry in self._entries}
        for number, entry in enumerate(self._entries):
            if entry["type"] == "link" and link_end(str(entry["path"]), entry, by_path) is None:
                self._entries[number] = self._failed(
                    {**entry, "type": "file"}, "it is a link to something that is not there"
                )

    def _entry(self, scope: str, path: str) -> Entry:
        full = under(self._context.root, path)
        entry: Entry = {"path": path, "scope": scope, "type": "file", "status": "ok", "pieces": []}
        try:
            found = os.lstat(full)
            if stat.S_ISLNK(found.st_mode):
                target = os.readlink(full)
                if stays_inside(path, target):
                    return {**entry, **owner_of(found), "type": "link", "target": target, "sizeBytes": 0, "sha256": ""}
                self._must_stay_in_etc(full)
                found = os.stat(full)
            if stat.S_ISDIR(found.st_mode):
                return {**entry, **owner_of(found), "type": "dir", "sizeBytes": 0, "sha256": ""}
            self._must_stay_in_etc(full)
            entry.update(owner_of(found))
            return self._file(entry, full, found)
        except OSError as why:
            return self._failed(entry, why.strerror or str(why))
        except Unreadable as why:
            return self._failed(entry, str(why))

    def _must_stay_in_etc(self, full: str) -> None:
        """A link is saved as the file that it leads to, when that is configuration too."""
        folder = os.path.dirname(full)
        if not os.path.islink(full):
            if folder not in self._real:
                self._real[folder] = os.path.realpath(folder)
            real = f"{self._real[folder]}/{os.path.basename(full)}"
        else:
            real = os.path.realpath(full)
        if not real.startswith(self._etc + "/"):
            raise Unreadable("it is a link that leads out of /etc")

    def _file(self, entry: Entry, full: str, found: os.stat_result) -> Entry:
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("it is not a regular file")
        self._bytes += found.st_size
        if self._bytes > MOST_BYTES:
            raise StepFailed(f"more than {MOST_BYTES >> 30} GiB belong to this backup: move large files out of /etc")
        known = self._known.pieces(full, found)
        if known:
            entry.update(sizeBytes=found.st_size, sha256=known[0], pieces=known[1])
            return entry
        done = read_file(full, self._packs.add)
        self._known.note(full, done)
        entry.update(owner_of(done.found), sizeBytes=done.size_bytes, sha256=done.sha256, pieces=done.pieces)
        if done.changed:
            entry.update(status="changed", why="it changed while it was read")
        return entry

    def _failed(self, entry: Entry, why: str) -> Entry:
        self._context.say(f"{entry['path']}: {why}")
        blank = {"mode": 0, "uid": 0, "gid": 0, "user": "", "group": "", "mtimeNs": 0}
        return {**blank, **entry, "status": "unreadable", "why": why, "sizeBytes": 0, "sha256": "", "pieces": []}

    def _rows_of_packs(self) -> list[dict[str, object]]:
        used = {str(p["pack"]) for entry in self._entries for p in entry["pieces"]}  # type: ignore[attr-defined]
        return [self._packs.sent.get(pack_id) or self._known.pack(pack_id) for pack_id in sorted(used)]

    def _finish(self) -> dict[str, object]:
        order, packs = self._order, self._rows_of_packs()
        bad = [entry for entry in self._entries if entry["status"] != "ok"]
        bad += self._absent
        bad += [
            {"path": path, "why": "no backup holds files of this place and name: move it to /etc/haproxy or /etc/ssl"}
            for path in left_out(self._kind, self._context.root)
        ]
        files = [entry for entry in self._entries if entry["type"] == "file" and entry["status"] != "unreadable"]
        if not files:
            raise StepFailed(
                f"no file could be read; the first: {bad[0]['path']}: {bad[0]['why']}" if bad else "no files"
            )
        status = "partial" if bad else "complete"
        totals = {
            "files": len(files), "bytes": sum(int(str(e["sizeBytes"])) for e in files),
            "storedBytes": sum(int(str(p["sizeBytes"])) for p in packs),
            "newBytes": sum(int(str(p["sizeBytes"])) for p in self._packs.sent.values()),
        }  # fmt: skip
        manifest = {
            "format": FORMAT, "kind": self._kind, "snapshotId": order.snapshot_id, "memberId": order.member_id,
            "hostname": self._context.config.hostname, "createdAt": utc_stamp(time.time()), "agentVersion": AGENT_VERSION,
            "keyGeneration": order.generation, "status": status, "entries": self._entries, "packs": packs, "totals": totals,
        }  # fmt: skip
        self._context.step("Store the manifest", 95)
        text = json.dumps(manifest, separators=(",", ":")).encode()
        box = FrameBox(order.key, MANIFEST_PURPOSE, order.member_id)
        sealed = seal_manifest(box, order.snapshot_id, text)
        self._wire.put("manifest", sealed)
        try:
            self._known.keep(order.snapshot_id, {str(pack["id"]): pack for pack in packs})
        except OSError as why:
            self._context.say(f"the next backup reads everything again: {why.strerror or why}")
        self._context.say(
            f"{totals['files']} files, {totals['bytes']} bytes, {status}; {totals['newBytes']} bytes sent"
        )
        return {
            "snapshotId": order.snapshot_id, "manifestSha256": hashlib.sha256(sealed).hexdigest(), "manifestBytes": len(sealed),
            "status": status, **totals, "packs": sorted(self._packs.sent),
            "unreadable": [{"path": e["path"], "why": e["why"]} for e in bad[:MOST_TOLD]],
        }  # fmt: skip


def owner_of(found: os.stat_result) -> Entry:
    return {
        "mode": found.st_mode & 0o777, "uid": found.st_uid, "gid": found.st_gid, "user": user_name(found.st_uid),
        "group": group_name(found.st_gid), "mtimeNs": found.st_mtime_ns,
    }  # fmt: skip


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""
