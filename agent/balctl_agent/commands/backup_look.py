"""Look at a snapshot without changing the host: prove that it can be restored, compare a file of it with the live one."""

from __future__ import annotations

import hashlib
import importlib
import os

from ..backup.manifest_rules import BadManifest
from ..backup.object_wire import LostObject, ObjectWire
from ..backup.paths_and_links import Entry
from ..backup.proving import prove
from ..backup.reader import DamagedSnapshot, SnapshotReader
from ..backup.restoring import open_snapshot
from ..errors import StepFailed
from ..files import read_capped, under
from ..jobchild import JobContext
from ..registry import command
from .backup_restore import READ_PARAMS, SNAPSHOT_PARAM

COMPARE_CAP_BYTES = 1 << 20
DIFF_CAP_BYTES = 3 << 20


@command(
    "backup.verify", title="Prove a backup",
    description="Reads every byte of a snapshot back, checks it, and lets HAProxy judge its configuration in a folder of its own. Nothing on the host changes.",
    params={"snapshotId": SNAPSHOT_PARAM}, hidden_params=READ_PARAMS,
    danger="read", timeout_sec=3600, idempotent=True, resource="backup",
)  # fmt: skip
def run_backup_verify(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    """A snapshot that is no good is an answer, not a failure; a store that does not answer is one."""
    wire = ObjectWire(context.config, context.job_id, context.attempt)
    try:
        proof = prove(context, open_snapshot(context, params, wire))
    except (BadManifest, DamagedSnapshot, LostObject) as why:
        context.say(str(why))
        return {"proved": False, "files": 0, "bytes": 0, "checked": [], "detail": str(why)}
    finally:
        wire.close()
    context.say(proof.detail or "the snapshot is good")
    return {
        "proved": proof.good, "files": proof.files, "bytes": proof.bytes, "checked": proof.checked, "detail": proof.detail,
    }  # fmt: skip


@command(
    "backup.compare", title="Compare a file with a backup",
    description="Shows what differs between a file of a snapshot and the same file on this host. Of keys and other secrets only whether they differ. Nothing on the host changes.",
    params={
        "snapshotId": SNAPSHOT_PARAM,
        "path": {"type": "string", "title": "Path", "help": "a file of the snapshot", "pattern": r"/etc/[ -~]{1,1000}", "required": True},
    },
    hidden_params=READ_PARAMS, danger="read", timeout_sec=300, idempotent=True, resource="none",
)  # fmt: skip
def run_backup_compare(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    wire = ObjectWire(context.config, context.job_id, context.attempt)
    try:
        reader = open_snapshot(context, params, wire)
        entry = next((row for row in reader.entries if row["path"] == params["path"]), None)
        if entry is None or entry["type"] == "dir" or entry["status"] == "unreadable":
            raise StepFailed(f"the snapshot holds no contents of {params['path']}")
        return compare(context, reader, entry)
    finally:
        wire.close()


def compare(context: JobContext, reader: SnapshotReader, entry: Entry) -> dict[str, object]:
    path = str(entry["path"])
    live = live_contents(context, path)
    if entry["type"] == "link":
        full = under(context.root, path)
        here = os.readlink(full) if os.path.islink(full) else None
        return {"path": path, "onHost": live is not None, "same": here == entry["target"], "shown": False}
    same = live is not None and hashlib.sha256(live).hexdigest() == entry["sha256"]
    saved = b"".join(reader.contents(entry)) if int(str(entry["sizeBytes"])) <= COMPARE_CAP_BYTES else None
    shown = is_showable(saved) and is_showable(live or b"")
    if shown and saved is not None:
        context.output("diff", unified(path, saved, live))
    return {"path": path, "onHost": live is not None, "same": same, "shown": shown}


def live_contents(context: JobContext, path: str) -> bytes | None:
    """None when the file is not there. A link is followed as the backup follows it: not out of /etc."""
    full = os.path.realpath(under(context.root, path))
    if not full.startswith(os.path.realpath(under(context.root, "/etc")) + "/"):
        raise StepFailed(f"{path} is a link that leads out of /etc on this host")
    try:
        return read_capped(full, 64 << 20)
    except FileNotFoundError:
        return None


def is_showable(data: bytes | None) -> bool:
    """Text without keys: what leaves the host in the clear of a difference must be no secret."""
    if data is None or len(data) > COMPARE_CAP_BYTES or b"\0" in data or b"PRIVATE KEY" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def unified(path: str, saved: bytes, live: bytes | None) -> bytes:
    """From what is here to what was saved: what a restore would do."""
    difflib = importlib.import_module("difflib")  # only in a job: the heartbeat's process stays small
    before, after = ((live or b"").decode().splitlines(), saved.decode().splitlines())
    named = (path if live is not None else "/dev/null", path)
    rows = difflib.unified_diff(before, after, *named, "on this host", "in the backup", lineterm="")
    return "\n".join([*rows, ""]).encode()[:DIFF_CAP_BYTES]
