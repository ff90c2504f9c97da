"""A manifest from a host that is not ours any more changes nothing but its own snapshot, which fails."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from serversctl.backups.manifest_rules import checked_manifest
from serversctl.backups.opening import SnapshotDamaged
from support.snapshots import SnapshotWriter

KEY, SNAPSHOT, MEMBER = "11" * 32, "0190a0a0-0000-7000-8000-000000000001", "0190a0a0-0000-7000-8000-000000000002"


@pytest.fixture
def manifest() -> dict[str, Any]:
    writer = SnapshotWriter(KEY, SNAPSHOT, MEMBER)
    writer.add("/etc/haproxy/haproxy.cfg", b"global\n")
    writer.add("/etc/haproxy/certs/a.pem", b"x" * 5000, "certificates")
    blank = {
        "pieces": [],
        "mode": 0o755,
        "uid": 0,
        "gid": 0,
        "mtimeNs": 0,
        "sizeBytes": 0,
        "sha256": "",
        "status": "ok",
    }
    writer.entries.append({"path": "/etc/letsencrypt", "scope": "letsencrypt", "type": "dir", **blank})
    writer.entries.append(
        {
            "path": "/etc/letsencrypt/live/a.pem",
            "scope": "letsencrypt",
            "type": "link",
            **blank,
            "target": "../archive/a.pem",
        }
    )
    return {
        "format": 1, "kind": "haproxy", "status": "complete", "entries": writer.entries, "packs": writer.packs,
    }  # fmt: skip


def test_what_an_agent_writes_is_accepted(manifest: dict[str, Any]):
    assert checked_manifest(manifest, "haproxy") == manifest


ENTRY, PIECE, PACK = ("entries", 1), ("entries", 1, "pieces", 0), ("packs", 0)
SPOILED: list[tuple[tuple[Any, ...], Any]] = [
    (("entries",), {}), (("entries",), [1]), (("entries",), None), (("packs",), "x"), (("packs",), [None]),
    (("kind",), "ufw"), (("kind",), None), (("status",), "fine"),
    ((*ENTRY, "path"), "/etc/../root/x"), ((*ENTRY, "path"), "etc/x"), ((*ENTRY, "path"), "/root/.ssh/authorized_keys"),
    ((*ENTRY, "path"), "/etc//x"), ((*ENTRY, "path"), "/etc/x\0y"), ((*ENTRY, "path"), "/etc/" + "a" * 5000),
    ((*ENTRY, "path"), "/etc/\ud800"), ((*ENTRY, "path"), "/etc/a\nb"), ((*ENTRY, "path"), 7),
    ((*ENTRY, "path"), "/etc/haproxy/haproxy.cfg"),
    ((*ENTRY, "scope"), "firewall"), ((*ENTRY, "scope"), ["main_config"]), ((*ENTRY, "type"), "device"),
    ((*ENTRY, "status"), "great"), ((*ENTRY, "mode"), 0o4755), ((*ENTRY, "mode"), True), ((*ENTRY, "uid"), -1),
    ((*ENTRY, "mtimeNs"), 1 << 80), ((*ENTRY, "sizeBytes"), 10**12), ((*ENTRY, "sizeBytes"), 4999),
    ((*ENTRY, "sha256"), ""), ((*ENTRY, "sha256"), None), ((*ENTRY, "user"), 5), ((*ENTRY, "why"), "x" * 3000),
    ((*ENTRY, "pieces"), None), ((*ENTRY, "pieces"), [None]), ((*ENTRY, "type"), "dir"), ((*ENTRY, "status"), "unreadable"),
    (("entries", 3, "target"), ""), (("entries", 3, "target"), 3),
    ((*PIECE, "pack"), "f" * 32), ((*PIECE, "pack"), []), ((*PIECE, "frame"), "0"), ((*PIECE, "offset"), 1 << 30),
    ((*PIECE, "length"), 0), ((*PIECE, "length"), 1 << 24), ((*PIECE, "plainBytes"), 2 << 20), ((*PIECE, "sha256"), "z" * 64),
    ((*PACK, "id"), "../../x"), ((*PACK, "sizeBytes"), 1 << 30), ((*PACK, "sizeBytes"), "5"), ((*PACK, "snapshotId"), "../x"),
    ((*PACK, "sha256"), 1),
]  # fmt: skip


def _put(manifest: dict[str, Any], where: tuple[Any, ...], value: Any) -> None:
    place: Any = manifest
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value


@pytest.mark.parametrize(
    ("where", "value"), SPOILED, ids=lambda part: str(part)[:40].encode("ascii", "replace").decode()
)
def test_one_broken_rule_refuses_the_whole(manifest: dict[str, Any], where: tuple[Any, ...], value: Any):
    _put(manifest, where, value)
    with pytest.raises(SnapshotDamaged):
        checked_manifest(manifest, "haproxy")


def test_a_frame_that_counts_twice_is_refused(manifest: dict[str, Any]):
    twin = copy.deepcopy(manifest["entries"][1]) | {"path": "/etc/haproxy/certs/b.pem"}
    manifest["entries"].append(twin)
    with pytest.raises(SnapshotDamaged, match="twice"):
        checked_manifest(manifest, "haproxy")


def test_more_than_its_packs_can_hold_is_refused(manifest: dict[str, Any]):
    entry = manifest["entries"][1]
    piece = entry["pieces"][0] | {"plainBytes": 1 << 20, "length": 60, "offset": 0}
    entry["pieces"] = [piece | {"frame": frame} for frame in range(2000)]
    entry["sizeBytes"] = 2000 << 20
    with pytest.raises(SnapshotDamaged, match="unfold"):
        checked_manifest(manifest, "haproxy")


def test_random_damage_is_refused_and_never_an_accident(manifest: dict[str, Any]):
    odd = [None, True, -1, 1 << 70, "", "x", [], {}, [[]], {"a": 1}, 1.5, "\0"]
    dice = random.Random(7)
    for _ in range(5000):
        spoiled = copy.deepcopy(manifest)
        place: Any = spoiled
        while isinstance(place, dict | list) and place:
            step = dice.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if not isinstance(place[step], dict | list) or dice.random() < 0.2:
                place[step] = dice.choice(odd)
                break
            place = place[step]
        try:
            checked_manifest(spoiled, "haproxy")
        except SnapshotDamaged:
            continue
