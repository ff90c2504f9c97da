"""One control group per host. Two systemds in one group would manage each other's processes."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from .shell import LabError

CGROUPS = Path("/sys/fs/cgroup")
PARENT = "serversctl-lab"


def hierarchies() -> list[Path]:
    """Mount points that systemd in a host needs: the unified one, or on older set-ups its named one as well."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in (CGROUPS / "systemd", CGROUPS / "unified") if path.is_dir()]


def groups(lab_id: str, host: str = "") -> list[Path]:
    return [root / PARENT / lab_id / host for root in hierarchies()]


def create(lab_id: str, host: str) -> list[Path]:
    made = groups(lab_id, host)
    for group in made:
        group.mkdir(parents=True, exist_ok=True)
    return made


def pids(lab_id: str, host: str) -> list[int]:
    """Processes in the host's groups and below, lowest number first: the supervisor, nspawn, then the host's own."""
    found: set[int] = set()
    for group in groups(lab_id, host):
        for folder in _with_all_below(group):
            with suppress(OSError):
                found.update(int(line) for line in (folder / "cgroup.procs").read_text().split() if line != "0")
    return sorted(found)


def kill_all(lab_id: str, host: str) -> None:
    """End everything in the host's groups. What is in them is the lab's: nobody else starts there."""
    for _ in range(200):
        left = pids(lab_id, host)
        if not left:
            return
        for pid in left:
            _kill_member(pid, lab_id, host)
        time.sleep(0.02)
    raise LabError(f"Processes of {lab_id}-{host} do not end: {pids(lab_id, host)}")


def _kill_member(pid: int, lab_id: str, host: str) -> None:
    with suppress(OSError):
        handle = os.pidfd_open(pid)
        try:
            # The number may have been given to another process meanwhile; the handle cannot.
            if f"/{PARENT}/{lab_id}/{host}" in Path(f"/proc/{pid}/cgroup").read_text():
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)


def remove(lab_id: str, host: str = "") -> None:
    """Remove the group and what is below it, as soon as its processes are gone; other labs' groups stay."""
    for group in groups(lab_id, host):
        for _ in range(100):
            if _remove_once(group):
                break
            time.sleep(0.02)
    if not host:
        for root in hierarchies():
            _rmdir(root / PARENT)  # stays while another lab has groups in it


def _remove_once(group: Path) -> bool:
    for folder in _with_all_below(group):
        _rmdir(folder)
    return not group.exists()


def _with_all_below(group: Path) -> list[Path]:
    """The deepest first. os.walk and not rglob: groups vanish while we look, and it passes over those."""
    return [Path(folder) for folder, _, _ in os.walk(group, topdown=False)]


def _rmdir(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return  # busy, or gone already: the caller looks again
