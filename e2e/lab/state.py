"""What a lab writes down about itself, so that others can find it and the next run can sweep a dead one's leftovers."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

RUN = Path("/run/serversctl-lab")


@dataclass(slots=True)
class HostRecord:
    name: str
    number: int
    hostname: str
    tree: str
    haproxy: bool


@dataclass(slots=True)
class LabRecord:
    """`owner_pid` 0 means: made to outlive its maker (the command line's labs)."""

    lab_id: str
    net: str
    owner_pid: int = 0
    owner_started: str = ""
    hosts: list[HostRecord] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return RUN / self.lab_id

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / "state.part"
        part.write_text(json.dumps(asdict(self)))
        part.rename(self.folder / "state.json")

    def owner_is_dead(self) -> bool:
        return self.owner_pid != 0 and started(self.owner_pid) != self.owner_started


def load(lab_id: str) -> LabRecord | None:
    try:
        raw = json.loads((RUN / lab_id / "state.json").read_text())
    except (OSError, ValueError):
        return None
    return LabRecord(**{**raw, "hosts": [HostRecord(**host) for host in raw["hosts"]]})


def every() -> list[LabRecord]:
    return [found for path in sorted(RUN.glob("*/state.json")) if (found := load(path.parent.name))]


def started(pid: int) -> str:
    """When the process was started, in the kernel's ticks; "" when there is none. With the number it is unique."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


@contextmanager
def sweeping() -> Iterator[None]:
    """One sweeper and one maker at a time, so that nobody sweeps what is half made."""
    folder = os.open(RUN.parent, os.O_RDONLY | os.O_DIRECTORY)  # a lock file would be something left behind
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def remove_folders(lab_id: str) -> None:
    folder = RUN / lab_id
    for name in ("state.json", "state.part"):
        (folder / name).unlink(missing_ok=True)
    for empty in (folder, RUN):
        with suppress(OSError):  # something is in it: another lab, or what a failed removal left
            empty.rmdir()
