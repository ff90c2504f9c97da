"""A backup of a host: what is in it, what it says about files that it could not read, and what is not sent twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.backups import KEY, SECOND, SNAPSHOT, SOURCE, Job, fill, hidden
from support.form import agent

NIST = [  # AES-256-GCM, NIST SP 800-38D test cases 13, 14 and 16
    ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    ("00" * 32, "00" * 12, "00" * 16, "", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"),
    (
        "feffe9928665731c6d6a8f9467308308" * 2, "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]  # fmt: skip


@pytest.fixture
def store(control):
    control.store.snapshot_of = {"b1": SNAPSHOT, "b2": SECOND}
    return control.store


def take(host, job_id="b1", snapshot_id=SNAPSHOT, base="", kind="haproxy"):
    job = Job(host, job_id)
    return agent.take_snapshot(job, kind, hidden(snapshot_id, base)), job


def manifest_of(store, snapshot_id=SNAPSHOT):
    box = agent.FrameBox(bytes.fromhex(KEY), agent.MANIFEST_PURPOSE, SOURCE)
    return json.loads(agent.unfold(box.unseal(snapshot_id, 0, store.objects[f"{snapshot_id}/manifest"]), 1 << 24))


@pytest.mark.parametrize(("key", "nonce", "text", "bound", "sealed", "tag"), NIST)
def test_the_cipher_is_the_published_one(key, nonce, text, bound, sealed, tag):
    gcm = agent.Gcm(bytes.fromhex(key))
    made = gcm.seal(bytes.fromhex(nonce), bytes.fromhex(text), bytes.fromhex(bound))
    assert made.hex() == sealed + tag
    assert gcm.unseal(bytes.fromhex(nonce), made, bytes.fromhex(bound)).hex() == text


def test_each_flipped_bit_of_a_frame_is_found():
    box = agent.FrameBox(bytes.fromhex(KEY), agent.PACK_PURPOSE, SOURCE)
    frame = box.seal("ab" * 16, 3, b"secret")
    for bit in range(len(frame) * 8):
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(agent.BadSeal):
            box.unseal("ab" * 16, 3, bytes(changed))
    for object_id, index in (("ac" * 16, 3), ("ab" * 16, 2)):
        with pytest.raises(agent.BadSeal):
            box.unseal(object_id, index, frame)


def test_the_heartbeat_does_not_load_ctypes():
    code = "import sys; import balctl_agent.__main__, balctl_agent.commands; sys.exit('ctypes' in sys.modules)"
    where = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    argv = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {where!r}); {code}"]
    assert subprocess.run(argv, check=False).returncode == 0


def test_a_backup_holds_every_scope_sealed(host, store):
    fill(host)
    result, _ = take(host)
    found = {entry["path"]: entry for entry in manifest_of(store)["entries"]}
    assert result["status"] == "complete" and result["files"] == 5
    assert {entry["scope"] for entry in found.values()} == {
        "main_config", "conf_d", "certificates", "letsencrypt", "referenced"
    }  # fmt: skip
    assert found["/etc/letsencrypt/live/x/privkey.pem"]["target"] == "../../archive/x/privkey1.pem"
    assert found["/etc/ssl/own/site.pem"]["scope"] == "referenced"
    assert not any(b"certificate" in data or b"/etc/" in data for data in store.objects.values())


def test_a_second_backup_sends_only_what_changed(host, store):
    fill(host)
    host.write("/etc/haproxy/certs/large.pem", os.urandom(600_000).hex())
    for where, _, names in os.walk(host.path("/etc")):
        for name in names:
            os.utime(os.path.join(where, name), (1, 1), follow_symlinks=False)
    agent.time.sleep(2.1)
    first, _ = take(host)
    second, _ = take(host, "b2", SECOND, SNAPSHOT)
    assert second["newBytes"] == 0 and second["packs"] == [] and second["bytes"] == first["bytes"]
    assert {pack["snapshotId"] for pack in manifest_of(store, SECOND)["packs"]} == {SNAPSHOT}


def test_what_another_member_or_base_knows_is_not_used(host, store):
    fill(host)
    take(host)
    second, _ = take(host, "b2", SECOND, "33333333-3333-4333-8333-333333333333")
    assert second["newBytes"] > 0


def test_a_file_that_cannot_be_read_makes_it_partial(host, store):
    fill(host)
    os.symlink("/proc/version", host.path("/etc/haproxy/certs/odd.pem"))
    os.mkfifo(host.path("/etc/haproxy/certs/pipe.pem"))
    result, _ = take(host)
    assert result["status"] == "partial"
    assert {row["path"] for row in result["unreadable"]} == {
        "/etc/haproxy/certs/odd.pem", "/etc/haproxy/certs/pipe.pem"
    }  # fmt: skip


def test_a_file_that_changes_while_it_is_read_is_marked(host, store, monkeypatch):
    fill(host)
    full = host.path("/etc/haproxy/certs/a.example.com.pem")
    plain = agent.PackWriter.add

    def touched(self, text):
        if text.startswith(b"certificate and key"):
            with open(full, "a") as out:
                out.write("more\n")
        return plain(self, text)

    monkeypatch.setattr(agent.PackWriter, "add", touched)
    result, _ = take(host)
    changed = [entry["path"] for entry in manifest_of(store)["entries"] if entry["status"] == "changed"]
    assert result["status"] == "partial" and changed == ["/etc/haproxy/certs/a.example.com.pem"]


def test_a_lossy_network_does_not_hurt_and_sends_no_pack_twice(host, control, store, monkeypatch):
    fill(host)
    monkeypatch.setattr(agent.time, "sleep", lambda _seconds: None)
    control.lose = 0.25
    result, _ = take(host)
    assert result["status"] == "complete" and len(store.puts) == len(set(store.puts))


def test_a_full_store_is_told_in_words(host, store, monkeypatch):
    fill(host)
    monkeypatch.setattr(agent.time, "sleep", lambda _seconds: None)
    store.full = True
    with pytest.raises(agent.StepFailed, match="store"):
        take(host)
    assert not any(key.endswith("manifest") for key in store.objects)


def test_a_file_that_no_backup_may_hold_makes_it_partial(host, store):
    fill(host)
    host.write(
        "/etc/haproxy/haproxy.cfg",
        "frontend web\n    bind :443 ssl crt /etc/logrotate.d/x.pem\n    bind :444 ssl crt /etc/passwd\n",
    )
    host.write("/etc/logrotate.d/x.pem", "x")
    host.write("/etc/passwd", "x")
    result, _ = take(host)
    assert result["status"] == "partial"
    assert [row["path"] for row in result["unreadable"]] == ["/etc/logrotate.d/x.pem", "/etc/passwd"]
    assert not any(
        entry["path"] in ("/etc/passwd", "/etc/logrotate.d/x.pem") for entry in manifest_of(store)["entries"]
    )


def test_odd_names_and_links_to_nothing_do_not_spoil_the_snapshot(host, store):
    fill(host)
    os.symlink("../../archive/x/privkey9.pem", host.path("/etc/letsencrypt/live/x/chain.pem"))
    for name in (b"new\nline.pem", b"\xff\xfe.pem"):
        with open(os.fsencode(host.path("/etc/haproxy/certs/")) + name, "w") as out:
            out.write("x")
    result, _ = take(host)
    assert result["status"] == "partial" and len(result["unreadable"]) == 3
    order = agent.Order(hidden())
    found = agent.SnapshotReader(order, lambda name, _cap: store.objects[name])
    assert next(e for e in found.entries if e["path"].endswith("chain.pem"))["status"] == "unreadable"
