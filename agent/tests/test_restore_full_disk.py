"""A disk that is full, at the source and at the target: said in words, and every file as it was."""

from __future__ import annotations

import os
import subprocess

import pytest
from support.backups import SNAPSHOT, Job, fill, hidden, restored, tree_hash
from support.form import agent

LARGE = os.urandom(3 << 20)


@pytest.fixture
def small_disk(host, monkeypatch):
    """The host's /etc and state on tiny disks of their own. Needs root."""
    monkeypatch.setenv("PATH", host.bin + ":" + os.environ["PATH"])
    mounted = []
    for path, size in (("/etc", "24m"), ("/var/lib", "1m")):
        full = host.path(path)
        kept = subprocess.run(["tar", "-C", full, "-cf", "-", "."], capture_output=True, check=True).stdout
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", full], check=False).returncode:
            pytest.skip("a small disk cannot be mounted here: run as root")
        mounted.append(full)
        subprocess.run(["tar", "-C", full, "-xf", "-"], input=kept, check=True)
    yield host
    for full in mounted:
        subprocess.run(["umount", "-l", full], check=True)


def eat(folder, leave_bytes):
    """Fill the disk up to some bytes."""
    with open(os.path.join(folder, "eaten"), "wb") as out:
        room = os.statvfs(folder)
        left = room.f_bavail * room.f_frsize - leave_bytes
        while left > 0:
            left -= out.write(bytes(min(left, 1 << 20)))


def take(host, control):
    control.store.snapshot_of = {"b1": SNAPSHOT}
    fill(host)
    host.write("/etc/haproxy/haproxy.cfg", "defaults\n    mode http\n")
    with open(host.path("/etc/haproxy/certs/large.pem"), "wb") as out:
        out.write(LARGE)
    return agent.take_snapshot(Job(host, "b1"), "haproxy", hidden())


def test_a_full_source_is_backed_up_all_the_same(small_disk, control):
    eat(small_disk.path("/var/lib"), 0)
    result = take(small_disk, control)
    assert result["status"] == "complete" and result["bytes"] > len(LARGE)


def test_a_target_without_room_is_refused_before_anything_is_written(small_disk, control):
    take(small_disk, control)
    small_disk.write("/etc/haproxy/haproxy.cfg", "defaults\n    mode tcp\n")
    eat(small_disk.path("/etc"), 2 << 20)
    before = tree_hash(small_disk.path("/etc"))
    with pytest.raises(agent.StepFailed, match="has no room"):
        restored(small_disk)
    assert tree_hash(small_disk.path("/etc")) == before


def test_a_target_that_fills_up_while_it_is_staged_is_as_before(small_disk, control, monkeypatch):
    take(small_disk, control)
    small_disk.write("/etc/haproxy/haproxy.cfg", "defaults\n    mode tcp\n")
    monkeypatch.setattr(agent.Stage, "check_room", lambda self, chosen: None)  # somebody else was quicker
    eat(small_disk.path("/etc"), 2 << 20)
    before = tree_hash(small_disk.path("/etc"))
    with pytest.raises(agent.StepFailed, match=r"nothing was changed: No space left"):
        restored(small_disk)
    assert tree_hash(small_disk.path("/etc")) == before


def test_a_full_state_folder_stops_a_restore_before_the_first_rename(small_disk, control):
    take(small_disk, control)
    small_disk.write("/etc/haproxy/haproxy.cfg", "defaults\n    mode tcp\n")
    before = tree_hash(small_disk.path("/etc"))
    eat(small_disk.path("/var/lib"), 0)
    with pytest.raises(agent.StepFailed, match=r"No space left.*Nothing was changed"):
        restored(small_disk)
    assert tree_hash(small_disk.path("/etc")) == before
    os.unlink(small_disk.path("/var/lib/eaten"))
    restored(small_disk)
    assert "mode http" in small_disk.read("/etc/haproxy/haproxy.cfg")
