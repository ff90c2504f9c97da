"""Staged files into their places: all of them or none, to the same inodes, wherever the plug is pulled and whatever is full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from support.backups import SNAPSHOT, Job, fill, hidden, restored, tree_hash
from support.form import BUILT, agent

TESTS = os.path.dirname(os.path.abspath(__file__))
FORM = "built" if BUILT else "package"
SCOPES = {"main_config", "conf_d", "certificates", "letsencrypt", "referenced"}
PLUGS = ["restore_staged", "restore_journalled", "restore_half", "restore_swapped", "restore_watched"]
CHILD = """
import os, sys
sys.path[:0] = {paths!r}
from support.backups import Folder, restored
from support.form import agent
from support.form import BUILT
host = Folder({root!r})
{what}
"""


@pytest.fixture
def saved(host, control, monkeypatch):
    """A host with a snapshot of what it was, and other files now."""
    monkeypatch.setenv("PATH", host.bin + ":" + os.environ["PATH"])
    control.store.snapshot_of = {"b1": SNAPSHOT}
    fill(host)
    host.write("/etc/ssl/own/site.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0o640)
    agent.take_snapshot(Job(host, "b1"), "haproxy", hidden())
    before = tree_hash(host.path("/etc"))
    host.write("/etc/haproxy/haproxy.cfg", "frontend other\n    bind :80\n")
    host.write("/etc/haproxy/conf.d/99-new.cfg", "backend late\n")
    host.write("/etc/haproxy/certs/kept.pem", "not in the snapshot")
    os.unlink(host.path("/etc/haproxy/conf.d/10-app.cfg"))
    os.unlink(host.path("/etc/letsencrypt/live/x/privkey.pem"))
    os.rmdir(host.path("/etc/letsencrypt/live/x"))
    os.rmdir(host.path("/etc/letsencrypt/live"))
    host.saved_tree = before
    return host


def restore(host, scopes=SCOPES, paths=()):
    return restored(host, set(scopes), set(paths))


def child(host, what, plug=""):
    """The same in a process of its own, which a plug may take out in the middle."""
    text = CHILD.format(paths=[TESTS], root=host.root, what=what)
    argv = [sys.executable, "-c", text]
    return subprocess.run(argv, env=host.environ(BALCTL_FAILPOINT=plug, BALCTL_TEST_FORM=FORM), check=False, timeout=60)


def test_a_restore_brings_back_what_was_and_removes_what_would_mix_with_it(saved):
    result = restore(saved)
    assert result["removed"] == ["/etc/haproxy/conf.d/99-new.cfg"] and result["files"] == 5
    os.unlink(saved.path("/etc/haproxy/certs/kept.pem"))  # a certificate more does no harm: it stays
    assert tree_hash(saved.path("/etc")) == saved.saved_tree
    assert not os.path.exists(saved.path("/var/lib/balctl/restore-journal.json"))


def test_a_scope_brings_back_only_its_own(saved):
    restore(saved, {"conf_d"})
    assert saved.read("/etc/haproxy/haproxy.cfg").startswith("frontend other")
    assert sorted(os.listdir(saved.path("/etc/haproxy/conf.d"))) == ["10-app.cfg"]


def test_a_path_brings_back_only_itself_and_removes_nothing(saved):
    restore(saved, SCOPES, {"/etc/haproxy/conf.d/10-app.cfg"})
    assert sorted(os.listdir(saved.path("/etc/haproxy/conf.d"))) == ["10-app.cfg", "99-new.cfg"]
    with pytest.raises(agent.StepFailed, match="no file of the snapshot is selected"):
        restore(saved, SCOPES, {"/etc/haproxy/elsewhere"})


def test_a_link_on_the_way_is_not_followed(saved, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    os.rename(saved.path("/etc/letsencrypt"), saved.path("/etc/moved"))
    os.symlink(outside, saved.path("/etc/letsencrypt"))
    before = tree_hash(saved.path("/etc"))
    with pytest.raises(agent.StepFailed, match="does not follow links"):
        restore(saved)
    assert tree_hash(saved.path("/etc")) == before and os.listdir(outside) == []


def test_a_folder_in_a_files_place_stops_it_before_anything_moves(saved):
    os.mkdir(saved.path("/etc/haproxy/conf.d/10-app.cfg"))
    before = tree_hash(saved.path("/etc"))
    with pytest.raises(agent.StepFailed, match="another kind of file"):
        restore(saved)
    assert tree_hash(saved.path("/etc")) == before


@pytest.mark.parametrize("plug", PLUGS)
def test_a_power_cut_at_any_point_ends_in_the_old_tree(saved, plug):
    before = tree_hash(saved.path("/etc"))
    assert child(saved, "restored(host)", plug).returncode == -signal.SIGKILL
    agent.undo_unfinished(Job(saved, "x").config)
    assert tree_hash(saved.path("/etc")) == before
    restore(saved)  # and nothing is in the way of the next try
    assert saved.read("/etc/haproxy/haproxy.cfg").startswith("frontend web")


@pytest.mark.parametrize("plug", ["restore_undoing", "restore_forgotten"])
def test_a_second_power_cut_while_undoing_is_no_harm(saved, plug):
    before = tree_hash(saved.path("/etc"))
    assert child(saved, "restored(host)", "restore_swapped").returncode == -signal.SIGKILL
    assert child(saved, "agent.undo_unfinished(host.config)", plug).returncode == -signal.SIGKILL
    agent.undo_unfinished(Job(saved, "x").config)
    assert tree_hash(saved.path("/etc")) == before


def test_a_power_cut_after_the_end_ends_in_the_new_tree(saved):
    assert child(saved, "restored(host)", "restore_forgotten").returncode == -signal.SIGKILL
    agent.undo_unfinished(Job(saved, "x").config)
    assert saved.read("/etc/haproxy/haproxy.cfg").startswith("frontend web")
    assert not os.path.exists(saved.path("/etc/.balctl-restore"))


def test_the_next_restore_undoes_what_was_cut_off_before(saved):
    assert child(saved, "restored(host)", "restore_half").returncode == -signal.SIGKILL
    restore(saved)
    os.unlink(saved.path("/etc/haproxy/certs/kept.pem"))
    assert tree_hash(saved.path("/etc")) == saved.saved_tree


def test_a_reload_that_fails_brings_the_same_inodes_back(saved):
    before, inode = tree_hash(saved.path("/etc")), os.stat(saved.path("/etc/haproxy/haproxy.cfg")).st_ino
    with open(saved.fail, "w") as out:
        out.write("reload")
    with pytest.raises(agent.StepFailed):
        restore(saved)
    assert tree_hash(saved.path("/etc")) == before
    assert os.stat(saved.path("/etc/haproxy/haproxy.cfg")).st_ino == inode


def test_a_folder_that_becomes_a_link_during_the_swap_is_noticed_and_everything_is_taken_back(
    saved, tmp_path, monkeypatch
):
    outside = tmp_path / "outside"
    outside.mkdir()
    before = tree_hash(saved.path("/etc"))
    real = agent.TreeSwap._put
    conf_d, moved = saved.path("/etc/haproxy/conf.d"), saved.path("/etc/haproxy/moved")

    def race(self, row):  # type: ignore[no-untyped-def]
        if row["path"] == "/etc/haproxy/conf.d/10-app.cfg":
            os.rename(conf_d, moved)
            os.symlink(outside, conf_d)
        try:
            real(self, row)
        finally:
            if os.path.islink(conf_d):
                os.unlink(conf_d)
                os.rename(moved, conf_d)

    monkeypatch.setattr(agent.TreeSwap, "_put", race)
    with pytest.raises(agent.StepFailed, match="follows no links"):
        restore(saved)
    assert tree_hash(saved.path("/etc")) == before and os.listdir(outside) == []


PEM = "Certificate:\n    Data: as `openssl x509 -text` says\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("text", "mode", "good"), [(PEM, 0o640, True), ("* * * * * root id\n", 0o640, False), (PEM, 0o755, False)]
)
def test_outside_of_haproxys_folder_only_certificates_come_back(saved, control, text, mode, good):
    saved.write("/etc/haproxy/haproxy.cfg", "frontend web\n    bind :443 ssl crt /etc/ssl/own/site.pem\n")
    saved.write("/etc/ssl/own/site.pem", text, mode)
    control.store.objects.clear()
    agent.take_snapshot(Job(saved, "b1"), "haproxy", hidden())
    os.unlink(saved.path("/etc/ssl/own/site.pem"))
    if good:
        restore(saved)
        assert saved.read("/etc/ssl/own/site.pem") == text
        return
    with pytest.raises(agent.StepFailed, match="no PEM file"):
        restore(saved)
    assert not os.path.exists(saved.path("/etc/ssl/own/site.pem"))
