"""Proving a snapshot and comparing with it: the host stays as it is, secrets stay on it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from support.backups import KEY, SNAPSHOT, SOURCE, Job, fill, hidden, tree_hash
from support.form import agent

PROGRAM = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
READ = {"backupKey": KEY, "keyGeneration": 1, "sourceMember": SOURCE, "snapshotId": SNAPSHOT}
CONFIG = """global
    stats socket /run/haproxy/admin.sock mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:8443 ssl crt /etc/haproxy/certs/ crt /etc/letsencrypt/live/x/full.pem
    errorfile 503 /etc/haproxy/errors/503.http
"""


@pytest.fixture
def store(control):
    control.store.snapshot_of = {"b1": SNAPSHOT}
    return control.store


@pytest.fixture
def edge(host, store):
    """A host whose configuration a real HAProxy accepts, with a snapshot of it."""
    fill(host)
    if PROGRAM:
        os.unlink(os.path.join(host.bin, "haproxy"))
        os.symlink(PROGRAM, os.path.join(host.bin, "haproxy"))
    pem = host.path("/etc/haproxy/certs/a.example.com.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a.example.com",
         "-keyout", pem + ".k", "-out", pem + ".c"], check=True, capture_output=True,
    )  # fmt: skip
    with open(pem, "w") as out:
        out.write(open(pem + ".c").read() + open(pem + ".k").read())
    os.unlink(pem + ".k")
    os.unlink(pem + ".c")
    shutil.copy(pem, host.path("/etc/letsencrypt/archive/x/full1.pem"))
    os.symlink("../../archive/x/full1.pem", host.path("/etc/letsencrypt/live/x/full.pem"))
    host.write("/etc/haproxy/errors/503.http", "HTTP/1.0 503 Service Unavailable\r\n\r\n")
    host.write("/etc/haproxy/haproxy.cfg", CONFIG)
    return host


def take(host):
    agent.take_snapshot(Job(host, "b1"), "haproxy", hidden())


def verify(host, monkeypatch):
    monkeypatch.setenv("PATH", host.bin + ":" + os.environ["PATH"])
    before = tree_hash(host.root + "/etc")
    result = agent.run_backup_verify(Job(host, "v1"), dict(READ))
    assert tree_hash(host.root + "/etc") == before
    assert not [name for name in os.listdir(host.path("/var/lib/balctl")) if name.startswith(".prove")]
    return result


@pytest.mark.skipif(PROGRAM is None, reason="HAProxy is not installed: apt-get install haproxy")
def test_a_good_snapshot_is_proved_by_haproxy_itself(edge, monkeypatch):
    take(edge)
    shutil.rmtree(edge.path("/etc/letsencrypt"))  # what is gone on the host does not matter: the snapshot stands alone
    result = verify(edge, monkeypatch)
    assert result["detail"] == "" and result["proved"] is True
    assert result["checked"] == ["manifest", "contents", "haproxy"] and result["files"] == 6


@pytest.mark.skipif(PROGRAM is None, reason="HAProxy is not installed: apt-get install haproxy")
def test_a_configuration_that_cannot_start_is_not_proved(edge, monkeypatch):
    edge.write("/etc/haproxy/haproxy.cfg", CONFIG + "    default_backend nowhere\n")
    take(edge)
    result = verify(edge, monkeypatch)
    assert result["proved"] is False and "nowhere" in result["detail"] and ".prove" not in result["detail"]


@pytest.mark.skipif(PROGRAM is None, reason="HAProxy is not installed: apt-get install haproxy")
def test_a_certificate_that_is_missing_in_the_snapshot_is_not_found_on_the_host(edge, monkeypatch):
    edge.write("/etc/haproxy/haproxy.cfg", CONFIG)
    kept = edge.path("/etc/letsencrypt/live/x/full.pem")
    os.rename(kept, kept + ".away")
    take(edge)
    os.rename(kept + ".away", kept)
    assert verify(edge, monkeypatch)["proved"] is False


def test_damage_and_loss_are_an_answer(edge, store, monkeypatch):
    take(edge)
    name = next(key for key in store.objects if "/packs/" in key)
    kept = store.objects[name]
    store.objects[name] = kept[:-1] + bytes([kept[-1] ^ 1])
    assert verify(edge, monkeypatch)["detail"].startswith("pack ")
    del store.objects[name]
    result = verify(edge, monkeypatch)
    assert result["proved"] is False and "not" in result["detail"]
    store.objects[f"{SNAPSHOT}/manifest"] = b"x" * 100
    assert "key" in verify(edge, monkeypatch)["detail"]


def compare(host, path):
    job = Job(host, "c1")
    return agent.run_backup_compare(job, {**READ, "path": path}), job.given.get("diff", b"").decode()


def test_a_difference_reads_like_what_a_restore_would_do(edge):
    take(edge)
    edge.write("/etc/haproxy/haproxy.cfg", CONFIG.replace("timeout connect 1s", "timeout connect 9s"))
    result, diff = compare(edge, "/etc/haproxy/haproxy.cfg")
    assert result == {"path": "/etc/haproxy/haproxy.cfg", "onHost": True, "same": False, "shown": True}
    assert "-    timeout connect 9s" in diff and "+    timeout connect 1s" in diff
    assert compare(edge, "/etc/haproxy/conf.d/10-app.cfg")[0]["same"] is True
    os.unlink(edge.path("/etc/haproxy/conf.d/10-app.cfg"))
    result, diff = compare(edge, "/etc/haproxy/conf.d/10-app.cfg")
    assert result["onHost"] is False and diff.startswith("--- /dev/null")


def test_keys_do_not_leave_the_host_in_a_difference(edge):
    take(edge)
    edge.write("/etc/haproxy/certs/a.example.com.pem", "no key any more\n")
    result, diff = compare(edge, "/etc/haproxy/certs/a.example.com.pem")
    assert result["same"] is False and result["shown"] is False and diff == ""
    result, diff = compare(edge, "/etc/letsencrypt/live/x/full.pem")
    assert result["same"] is True and diff == ""


def test_a_file_that_the_snapshot_does_not_hold_cannot_be_compared(edge):
    take(edge)
    for path in ("/etc/shadow", "/etc/haproxy/../shadow", "/etc/letsencrypt/live"):
        with pytest.raises(agent.StepFailed, match="holds no contents"):
            compare(edge, path)
