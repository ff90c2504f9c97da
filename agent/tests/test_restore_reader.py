"""A snapshot is not trusted: what is changed, moved, too much or somewhere else is refused before anything is touched."""

from __future__ import annotations

import copy
import json
import os
import random

import pytest
from support.backups import KEY, SNAPSHOT, SOURCE, Job, fill, hidden
from support.form import agent

FUZZ_ROUNDS = int(os.environ.get("BALCTL_FUZZ_ROUNDS", "3000"))


@pytest.fixture
def store(host, control):
    control.store.snapshot_of = {"b1": SNAPSHOT}
    fill(host)
    agent.take_snapshot(Job(host, "b1"), "haproxy", hidden())
    return control.store


def reader(store):
    return agent.SnapshotReader(agent.Order(hidden()), lambda name, _cap: store.objects[name])


def sealed(value) -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return agent.seal_manifest(agent.FrameBox(bytes.fromhex(KEY), agent.MANIFEST_PURPOSE, SOURCE), SNAPSHOT, text)


def entry_of(manifest, path):
    return next(row for row in manifest["entries"] if row["path"] == path)


CERT, LINK, ARCHIVE = (
    "/etc/haproxy/certs/a.example.com.pem", "/etc/letsencrypt/live/x/privkey.pem", "/etc/letsencrypt/archive/x/privkey1.pem"
)  # fmt: skip


def cert(**fields):
    return lambda m: entry_of(m, CERT).update(fields)


def link(**fields):
    return lambda m: entry_of(m, LINK).update(fields)


def piece(**fields):
    return lambda m: entry_of(m, CERT)["pieces"][0].update(fields)


def pack(**fields):
    return lambda m: m["packs"][0].update(fields)


def again(path):
    return lambda m: m["entries"].append(copy.deepcopy(entry_of(m, path)))


def below_a_file(m):
    m["entries"].append({**copy.deepcopy(entry_of(m, CERT)), "path": CERT + "/inner"})


def endless(m):
    entry_of(m, LINK).update(target="other")
    m["entries"].append(
        {**copy.deepcopy(entry_of(m, LINK)), "path": "/etc/letsencrypt/live/x/other", "target": "privkey.pem"}
    )


def many(m):
    m["entries"] = [{**entry_of(m, CERT), "path": f"/etc/haproxy/certs/{i}"} for i in range(agent.MOST_ENTRIES + 1)]


def bomb(m):
    row = entry_of(m, CERT)
    one = {**row["pieces"][0], "plainBytes": 1 << 20}
    row.update(pieces=[one] * 8000, sizeBytes=8000 << 20)


HOSTILE = {
    "dotdot": cert(path="/etc/haproxy/certs/../../passwd"),
    "dot": cert(path="/etc/haproxy/certs/./a.pem"),
    "double slash": cert(path="/etc/haproxy/certs//a.pem"),
    "relative": cert(path="etc/haproxy/certs/a.pem"),
    "shadow": cert(path="/etc/shadow"),
    "root": cert(path="/root/.ssh/authorized_keys"),
    "prefix twin": cert(path="/etc/haproxy/certs2/a.pem"),
    "cron as referenced": cert(path="/etc/cron.d/evil/../x", scope="referenced"),
    "agent's own folder": cert(path="/etc/balctl/agent.env", scope="referenced"),
    "shadow as referenced": cert(path="/etc/shadow", scope="referenced"),
    "passwd as referenced": cert(path="/etc/passwd", scope="referenced"),
    "sudoers as referenced": cert(path="/etc/sudoers.d/x", scope="referenced"),
    "ld.so.preload": cert(path="/etc/ld.so.preload", scope="referenced"),
    "cron": cert(path="/etc/cron.d/x", scope="referenced"),
    "unit": cert(path="/etc/systemd/system/x.service", scope="referenced"),
    "firewall in haproxy": cert(path="/etc/ufw/user.rules", scope="firewall"),
    "unknown scope": cert(scope="everything"),
    "NUL": cert(path="/etc/haproxy/certs/a\0b"),
    "newline": cert(path="/etc/haproxy/certs/a\nb"),
    "surrogate": cert(path="/etc/haproxy/certs/\ud800"),
    "long name": cert(path="/etc/haproxy/certs/" + "a" * 300),
    "long path": cert(path="/etc/haproxy/certs/" + "a/" * 3000 + "a"),
    "path is a number": cert(path=7),
    "device": cert(type="device"),
    "fifo": cert(type="fifo"),
    "hard link": cert(type="hardlink", target="/etc/shadow"),
    "setuid": cert(mode=0o4755),
    "setgid": cert(mode=0o2755),
    "sticky": cert(mode=0o1777),
    "mode is text": cert(mode="644"),
    "mode is true": cert(mode=True),
    "negative owner": cert(uid=-1),
    "huge owner": cert(gid=1 << 40),
    "owner's name": cert(user=["root"]),
    "time": cert(mtimeNs=1 << 70),
    "negative size": cert(sizeBytes=-1),
    "size too large": cert(sizeBytes=1 << 50),
    "size does not add up": cert(sizeBytes=3),
    "status": cert(status="fine"),
    "no digest": cert(sha256=""),
    "no pieces": cert(pieces=None),
    "piece is a list": cert(pieces=[[]]),
    "unreadable with contents": cert(status="unreadable"),
    "folder with contents": cert(type="dir"),
    "certificate as link": cert(type="link", target="../haproxy.cfg", pieces=[], sizeBytes=0),
    "absolute link": link(target="/etc/shadow"),
    "link out": link(target="../../../../shadow"),
    "link to nothing": link(target="../../archive/x/privkey9.pem"),
    "empty link": link(target=""),
    "link without target": link(target=None),
    "endless links": endless,
    "link to itself": link(target="privkey.pem"),
    "twice": again(CERT),
    "below a file": below_a_file,
    "too many": many,
    "bomb": bomb,
    "offset outside": piece(offset=1 << 24),
    "negative offset": piece(offset=-1),
    "frame too long": piece(length=1 << 22),
    "nothing sealed": piece(length=0),
    "piece too large": piece(plainBytes=1 << 30),
    "unknown pack": piece(pack="0" * 32),
    "piece without digest": piece(sha256="x"),
    "pack too large": pack(sizeBytes=1 << 30),
    "pack id is a path": pack(id="../../../x"),
    "pack elsewhere": pack(snapshotId="../x"),
    "pack digest": pack(sha256=None),
    "packs twice": lambda m: m["packs"].append(m["packs"][0]),
    "another member": lambda m: m.update(memberId="x"),
    "another snapshot": lambda m: m.update(snapshotId="x"),
    "another kind": lambda m: m.update(kind="everything"),
    "newer format": lambda m: m.update(format=2),
    "entries is text": lambda m: m.update(entries="x"),
    "packs is nothing": lambda m: m.update(packs=None),
    "entry is null": lambda m: m["entries"].append(None),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_manifest_is_refused_whole(store, what):
    manifest = copy.deepcopy(reader(store).manifest)
    HOSTILE[what](manifest)
    store.objects[f"{SNAPSHOT}/manifest"] = sealed(manifest)
    with pytest.raises(agent.BadManifest):
        reader(store)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"format": 1}', b"\xff\xfe"])
def test_a_manifest_that_is_no_manifest_is_refused(store, text):
    store.objects[f"{SNAPSHOT}/manifest"] = sealed(text)
    with pytest.raises(agent.BadManifest):
        reader(store)


def read_all(store) -> dict[str, bytes]:
    found = reader(store)
    return {entry["path"]: b"".join(found.contents(entry)) for entry in found.entries if entry["type"] == "file"}


def test_every_frame_with_a_flipped_bit_is_found(store):
    good = read_all(store)
    assert good[CERT] == b"certificate and key\n"
    frames = [(f"{row['pack']}", row) for entry in reader(store).entries for row in entry["pieces"]]
    found = 0
    for pack_id, row in frames:
        key = f"{SNAPSHOT}/packs/{pack_id}"
        kept = store.objects[key]
        changed = bytearray(kept)
        changed[row["offset"] + row["length"] // 2] ^= 1
        store.objects[key] = bytes(changed)
        with pytest.raises(agent.StepFailed, match="damaged"):
            read_all(store)
        found += 1
        store.objects[key] = kept
    assert found == len(frames) > 3 and read_all(store) == good


def test_no_bit_of_the_manifest_can_be_changed(store):
    kept = store.objects[f"{SNAPSHOT}/manifest"]
    dice = random.Random(5)
    for _ in range(200):
        changed = bytearray(kept)
        changed[dice.randrange(len(kept))] ^= 1 << dice.randrange(8)
        store.objects[f"{SNAPSHOT}/manifest"] = bytes(changed)
        with pytest.raises(agent.BadManifest):
            reader(store)


def test_whatever_a_manifest_holds_it_is_read_or_refused(store):
    """Random damage below the seal: an answer or a refusal in words, never another exception, never a path elsewhere."""
    good, dice = reader(store).manifest, random.Random(int(os.environ.get("BALCTL_FUZZ_SEED", "1")))
    odd = [
        None,
        True,
        -1,
        0,
        1 << 70,
        1.5,
        "",
        "../..",
        "/etc/shadow",
        "a\0b",
        [],
        {},
        [[]],
        "\ud800",
        "9" * 5000,
        float("inf"),
    ]
    tops = ("/etc/haproxy", "/etc/letsencrypt", "/etc/ssl")
    accepted = 0
    for _ in range(FUZZ_ROUNDS):
        manifest = copy.deepcopy(good)
        for _ in range(dice.randint(1, 3)):
            place = dice.choice([manifest, dice.choice(manifest["entries"]), dice.choice(manifest["packs"])] + [
                row for entry in manifest["entries"] for row in entry.get("pieces") or [] if isinstance(row, dict)
            ] if all(isinstance(manifest.get(k), list) and manifest[k] for k in ("entries", "packs")) and all(
                isinstance(entry, dict) and isinstance(entry.get("pieces", []), list) for entry in manifest["entries"]
            ) else [manifest])  # fmt: skip
            if isinstance(place, dict) and place:
                name = dice.choice(sorted(place))
                if dice.random() < 0.2:
                    del place[name]
                else:
                    place[name] = dice.choice(odd)
        try:
            found = agent.checked_manifest(manifest, snapshot_id=SNAPSHOT, member_id=SOURCE)
        except agent.BadManifest:
            continue
        accepted += 1
        assert all(entry["path"].startswith(tops) and ".." not in entry["path"] for entry in found["entries"])
    assert accepted < FUZZ_ROUNDS
