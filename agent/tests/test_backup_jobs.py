"""Backups and restores as the control plane orders them: through the agent's own process, under its seal, over its wire."""

from __future__ import annotations

import os

import pytest
from support.backups import SNAPSHOT, SOURCE, hidden, tree_hash

RESTORE = {"snapshotId": SNAPSHOT, "sourceMember": SOURCE, "backupKey": hidden()["backupKey"], "keyGeneration": 1}
APT = """#!/bin/sh
echo "$@" >> {log}
[ "$1" = install ] && mv {bin}/haproxy.later {bin}/haproxy
exit 0
"""
UFW = """#!/bin/sh
echo "$@" >> {log}
[ "$1" = reload ] && grep -q nonsense {rules} && {{ echo "ERROR: bad rules"; exit 1; }}
echo "Status: active"
"""


@pytest.fixture
def edge(host, control, haproxy):
    host.write("/etc/haproxy/certs/a.example.com.pem", "certificate and key\n", 0o600)
    control.store.snapshot_of = {"b1": SNAPSHOT}
    return host


def done(control, job_id, command, params):
    control.add_job(job_id, command, params)
    return control.wait_done(job_id, 40.0)


def test_a_backup_is_taken_and_brought_back(edge, control):
    edge.start()
    saved = done(control, "b1", "backup.haproxy", hidden())
    assert (saved["status"], saved["result"]["status"]) == ("completed", "complete"), saved
    assert hidden()["backupKey"] not in str(control.completions) + str(control.progress) + edge.log()
    before = tree_hash(edge.path("/etc/haproxy"))
    edge.write("/etc/haproxy/certs/a.example.com.pem", "wrong", 0o644)
    back = done(control, "r1", "backup.restore", RESTORE)
    assert back["status"] == "completed", back
    assert tree_hash(edge.path("/etc/haproxy")) == before
    assert "reload haproxy.service" in edge.systemctl_calls()


def test_a_restore_that_is_cancelled_is_undone_before_the_next_job(edge, control):
    edge.start()
    done(control, "b1", "backup.haproxy", hidden())
    edge.write("/etc/haproxy/certs/a.example.com.pem", "newer", 0o600)
    before = tree_hash(edge.path("/etc"))
    control.add_job("r1", "backup.restore", RESTORE)
    control.wait(lambda: os.path.exists(edge.path("/var/lib/balctl/restore-journal.json")), 20.0)
    control.cancel.add("r1")
    ended = control.wait_done("r1", 30.0)
    assert ended["status"] == "failed" and "cancelled" in str(ended["error"])
    assert tree_hash(edge.path("/etc")) == before
    assert not os.path.exists(edge.path("/var/lib/balctl/restore-journal.json"))


def test_a_damaged_snapshot_changes_nothing(edge, control):
    edge.start()
    saved = done(control, "b1", "backup.haproxy", hidden())
    name = f"{SNAPSHOT}/packs/{saved['result']['packs'][0]}"
    damaged = bytearray(control.store.objects[name])
    damaged[len(damaged) // 2] ^= 1
    control.store.objects[name] = bytes(damaged)
    before = tree_hash(edge.path("/etc"))
    ended = done(control, "r1", "backup.restore", RESTORE)
    assert ended["status"] == "failed" and "damaged" in str(ended["error"])
    assert tree_hash(edge.path("/etc")) == before


def test_another_members_key_opens_nothing(edge, control):
    edge.start()
    done(control, "b1", "backup.haproxy", hidden())
    ended = done(control, "r1", "backup.restore", {**RESTORE, "backupKey": "00" * 32})
    assert ended["status"] == "failed" and "its key is another one" in str(ended["error"])


def test_a_standby_is_built_from_a_backup(edge, control):
    edge.start(PATH=edge.bin + ":/usr/bin:/bin")  # without the HAProxy that this machine may have
    done(control, "b1", "backup.haproxy", hidden())
    before = tree_hash(edge.path("/etc/haproxy"))
    os.unlink(edge.path("/etc/haproxy/certs/a.example.com.pem"))
    edge.write("/etc/haproxy/haproxy.cfg", "# the package's own\n")
    os.rename(edge.bin + "/haproxy", edge.bin + "/haproxy.later")
    edge.program("apt-get", APT.format(log=edge.root + "/apt.log", bin=edge.bin))
    built = done(control, "p1", "standby.provision_from_backup", RESTORE)
    assert built["status"] == "completed" and built["result"]["installed"] is True, built
    assert tree_hash(edge.path("/etc/haproxy")) == before
    assert "reload haproxy.service" in edge.systemctl_calls()


def test_the_firewall_comes_back_and_bad_rules_do_not_stay(edge, control):
    rules, log = edge.write("/etc/ufw/user.rules", "*filter\n", 0o640), edge.root + "/ufw.log"
    edge.write("/etc/default/ufw", "IPV6=yes\n")
    edge.program("ufw", UFW.format(log=log, rules=rules))
    edge.start()
    saved = done(control, "b1", "backup.ufw", hidden())
    assert saved["result"]["files"] == 2 and "Status: active" in saved["result"]["ufwStatus"]
    edge.write("/etc/ufw/user.rules", "*nat\n", 0o640)
    back = done(control, "r1", "backup.restore", {**RESTORE, "scopes": "firewall"})
    assert back["status"] == "completed" and edge.read("/etc/ufw/user.rules") == "*filter\n", back
    with open(log) as source:
        assert "reload" in source.read().split()
    edge.write("/etc/ufw/user.rules", "nonsense\n", 0o640)
    control.store.objects.clear()
    control.store.snapshot_of["b2"] = SNAPSHOT
    done(control, "b2", "backup.ufw", hidden())
    edge.write("/etc/ufw/user.rules", "*good\n", 0o640)
    ended = done(control, "r2", "backup.restore", {**RESTORE, "scopes": "firewall"})
    assert ended["status"] == "failed" and "The old files are back" in str(ended["error"])
    assert edge.read("/etc/ufw/user.rules") == "*good\n"
