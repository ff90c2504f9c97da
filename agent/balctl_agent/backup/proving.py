"""Is a snapshot good for a restore? Every byte of it is read, and HAProxy judges its configuration in a folder of its own."""

from __future__ import annotations

import os
import re

from ..errors import StepFailed
from ..files import under
from ..haproxy_config import MAIN_CONFIG, config_arguments
from ..jobchild import JobContext
from ..procs import find_program
from .paths_and_links import Entry
from .reader import SnapshotReader
from .staging import SPARE_BYTES, remove_tree

PROVE_SEC = 60.0
PROVE_PREFIX = ".prove-"


class Proof:
    """What was found. `detail` says in words why a snapshot is not good, or what could not be looked at."""

    def __init__(self) -> None:
        self.good = True
        self.files = 0
        self.bytes = 0
        self.checked: list[str] = []
        self.detail = ""


def prove(context: JobContext, reader: SnapshotReader) -> Proof:
    """DamagedSnapshot for the first byte that is wrong; `good` is False when HAProxy does not accept what is whole."""
    proof = Proof()
    for name in os.listdir(context.config.state_dir) if os.path.isdir(context.config.state_dir) else []:
        if name.startswith(
            PROVE_PREFIX
        ):  # of a run that was killed: one proof at a time, the job's resource sees to that
            remove_tree(os.path.join(context.config.state_dir, name))
    scratch = os.path.join(context.config.state_dir, f"{PROVE_PREFIX}{os.getpid()}-{os.urandom(4).hex()}")
    is_haproxy = reader.manifest["kind"] == "haproxy"
    check_room_for(context.config.state_dir, reader if is_haproxy else None)
    os.makedirs(scratch, 0o700)
    try:
        for number, entry in enumerate(reader.entries):
            if number % 200 == 0:
                context.step(f"Read {len(reader.entries)} entries", 10 + 70 * number // len(reader.entries))
            spread(reader, entry, scratch if is_haproxy else "")
            if entry["type"] == "file" and entry["status"] != "unreadable":
                proof.files += 1
                proof.bytes += int(str(entry["sizeBytes"]))
        proof.checked = ["manifest", "contents"]
        if is_haproxy:
            let_haproxy_judge(context, scratch, reader, proof)
        return proof
    finally:
        remove_tree(scratch)


def check_room_for(folder: str, reader: SnapshotReader | None) -> None:
    os.makedirs(folder, 0o700, exist_ok=True)
    need = SPARE_BYTES + sum(int(str(entry["sizeBytes"])) for entry in (reader.entries if reader else []))
    room = os.statvfs(folder)
    if room.f_bavail * room.f_frsize < need:
        raise StepFailed(f"{folder} has no room for {need >> 20} MiB: free some space to prove this snapshot")


def spread(reader: SnapshotReader, entry: Entry, scratch: str) -> None:
    """One entry into the scratch folder; without one, only read. Paths are checked by the manifest's rules."""
    target = scratch + str(entry["path"])
    if not scratch or entry["status"] == "unreadable":
        for _ in reader.contents(entry) if entry["type"] == "file" and entry["status"] != "unreadable" else ():
            pass
    elif entry["type"] == "dir":
        os.makedirs(target, 0o700, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), 0o700, exist_ok=True)
        if entry["type"] == "link":
            os.symlink(str(entry["target"]), target)  # relative and inside: it stays in the scratch folder too
            return
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as out:
            for text in reader.contents(entry):
                out.write(text)


def let_haproxy_judge(context: JobContext, scratch: str, reader: SnapshotReader, proof: Proof) -> None:
    """`haproxy -c` on the scratch folder: the snapshot's own paths are pointed there, so no live file helps it out."""
    program = find_program("haproxy")
    if program is None:
        proof.detail = "HAProxy is not installed on this host: its configuration was not checked"
        return
    arguments = [path for path in config_arguments(context.root) if os.path.exists(scratch + path)] or [MAIN_CONFIG]
    if not os.path.exists(scratch + arguments[0]):
        proof.good, proof.detail = False, f"the snapshot holds no {arguments[0]}"
        return
    named = [str(e["path"]) for e in reader.entries if e["scope"] == "referenced" and e["type"] == "file"]
    point_here(context.root, scratch, sorted(named, key=len, reverse=True), reader)
    argv = [program, "-c"]
    for argument in arguments:
        argv += ["-f", scratch + argument]
    context.step("Let HAProxy check the configuration", 85)
    done = context.run(argv, PROVE_SEC)
    proof.checked.append("haproxy")
    if not done.ok:
        alerts = [line.strip() for line in done.output.splitlines() if "[ALERT]" in line][:3]
        told = " / ".join(alerts) or done.reason or done.output[-300:]
        proof.good, proof.detail = False, f"HAProxy does not accept it: {told.replace(scratch, '')}"[:1000]


def point_here(root: str, scratch: str, named: list[str], reader: SnapshotReader) -> None:
    """In the copies of configuration files and certificate lists, the snapshot's paths become those of the scratch folder."""
    tops = "|".join(["/etc/haproxy(?=[/\\s\"',]|$)", "/etc/letsencrypt(?=[/\\s\"',]|$)", *map(re.escape, named)])
    before = re.escape(under(root, "")) if root != "/" else ""
    pattern = re.compile(rf"(?<![\w./-])(?:{before})?({tops})", re.MULTILINE)
    for entry in reader.entries:
        path = str(entry["path"])
        is_text = entry["scope"] in ("main_config", "conf_d", "referenced") and not path.endswith(
            (".pem", ".key", ".crt")
        )
        if entry["type"] != "file" or entry["status"] == "unreadable" or not is_text:
            continue
        with open(scratch + path, encoding="latin-1", newline="") as source:
            text = source.read(16 << 20)
        with open(scratch + path, "w", encoding="latin-1", newline="") as out:
            out.write(pattern.sub(lambda found: scratch + found.group(1), text))
