"""What a manifest may say. It comes from a host that may be somebody else's by now, so every field is looked at once.

The same rules as the agent's before a restore (agent/balctl_agent/backup/manifest_rules.py), without what only a host can tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from .kinds import KINDS
from .opening import FRAME_PLAIN_BYTES, NONCE_BYTES, TAG_BYTES, SnapshotDamaged

ENTRIES_MAX, PIECES_MAX = 50_000, 200_000
BYTES_MAX = 16 << 30
PACK_MAX_BYTES = 16 << 20
SEALED_MAX_BYTES = NONCE_BYTES + FRAME_PLAIN_BYTES + (FRAME_PLAIN_BYTES >> 8) + 1024 + TAG_BYTES
# Deflate cannot do better than 1032:1 (zlib's FAQ): whatever claims more is no pack of an agent.
RATIO_MAX = 1100
PACK_ID, SHA256 = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")
SNAPSHOT_ID = re.compile(r"[0-9a-f-]{8,64}")
# Tuples: what is looked for may be anything, also a list, which has no hash.
TYPES, STATUSES = ("file", "dir", "link"), ("ok", "unreadable", "changed")
NUMBERS = (("mode", 0o777), ("uid", 1 << 32), ("gid", 1 << 32), ("mtimeNs", 1 << 62), ("sizeBytes", BYTES_MAX))
TEXTS = (("user", 256), ("group", 256), ("why", 2000), ("target", 4096))


def checked_manifest(manifest: Mapping[str, Any], kind_id: str) -> dict[str, Any]:
    """The manifest itself. SnapshotDamaged when one rule is broken."""
    entries, packs, kind = manifest.get("entries"), manifest.get("packs"), KINDS.get(kind_id)
    if manifest.get("kind") != kind_id or kind is None or manifest.get("status") not in ("complete", "partial"):
        raise SnapshotDamaged("The manifest is of another kind of backup.")
    if not _rows(entries) or not _rows(packs):
        raise SnapshotDamaged(f"The manifest lists no entries, or more than {ENTRIES_MAX}.")
    sizes = _packs(packs)
    scopes = tuple(scope.id for scope in kind.scopes)
    paths: set[str] = set()
    frames: set[tuple[str, int]] = set()
    told = total = 0
    for entry in entries:
        path = _entry(entry, scopes)
        if path in paths:
            raise SnapshotDamaged(f"The manifest names {path!r} twice.")
        paths.add(path)
        plain = sum(_piece(path, piece, sizes, frames) for piece in entry["pieces"])
        if plain != entry["sizeBytes"]:
            raise SnapshotDamaged(f"The pieces of {path!r} do not make up its size.")
        told, total = told + len(entry["pieces"]), total + plain
        if told > PIECES_MAX or total > BYTES_MAX:
            raise SnapshotDamaged("The manifest holds more than a snapshot may hold.")
    if total > FRAME_PLAIN_BYTES and total > RATIO_MAX * sum(sizes.values()):
        raise SnapshotDamaged("The manifest would unfold to more than its packs can hold.")
    return dict(manifest)


def _rows(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and len(value) <= ENTRIES_MAX and all(isinstance(row, dict) for row in value)


def _number(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _packs(rows: list[dict[str, Any]]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for row in rows:
        named = _fits(PACK_ID, row.get("id")) and _fits(SHA256, row.get("sha256"))
        if not named or not _fits(SNAPSHOT_ID, row.get("snapshotId")) or row["id"] in sizes:
            raise SnapshotDamaged("A pack in the manifest is malformed, or there twice.")
        if not _number(row.get("sizeBytes"), PACK_MAX_BYTES):
            raise SnapshotDamaged(f"Pack {row['id']} is larger than a pack may be.")
        sizes[row["id"]] = row["sizeBytes"]
    return sizes


def _entry(entry: dict[str, Any], scopes: tuple[str, ...]) -> str:
    path = entry.get("path")
    if not isinstance(path, str) or not _is_plain(path):
        raise SnapshotDamaged(f"The manifest holds a path that cannot be: {str(path)[:200]!r}.")
    good = (
        entry.get("scope") in scopes
        and entry.get("type") in TYPES
        and entry.get("status") in STATUSES
        and isinstance(entry.get("pieces"), list)
        and all(_number(entry.get(name), most) for name, most in NUMBERS)
        and all(isinstance(entry.get(name, ""), str) and len(entry.get(name, "")) <= most for name, most in TEXTS)
    )
    if not good:
        raise SnapshotDamaged(f"The manifest's entry of {path!r} is malformed.")
    if entry["type"] == "link" and (not entry.get("target") or "\0" in entry["target"]):
        raise SnapshotDamaged(f"The link {path!r} leads nowhere.")
    has_contents = entry["type"] == "file" and entry["status"] != "unreadable"
    if entry["pieces"] if not has_contents else not _fits(SHA256, entry.get("sha256")):
        raise SnapshotDamaged(f"The manifest's entry of {path!r} has a wrong SHA-256, or contents that it cannot have.")
    return path


def _is_plain(path: str) -> bool:
    """Absolute below /etc, without steps up: what a backup holds, and what an unpacked download cannot leave."""
    parts = path.split("/")
    printable = all(ord(letter) >= 32 and not 0xD800 <= ord(letter) < 0xE000 for letter in path)
    return path.startswith("/etc/") and len(path) <= 4096 and printable and not {"", ".", ".."} & set(parts[1:])


def _piece(path: str, piece: object, sizes: Mapping[str, int], frames: set[tuple[str, int]]) -> int:
    limits = (
        ("frame", PIECES_MAX),
        ("offset", PACK_MAX_BYTES),
        ("length", SEALED_MAX_BYTES),
        ("plainBytes", FRAME_PLAIN_BYTES),
    )
    if not isinstance(piece, dict) or not all(_number(piece.get(name), most) for name, most in limits):
        raise SnapshotDamaged(f"A piece of {path!r} is malformed or too large.")
    pack, place = piece.get("pack"), (str(piece.get("pack")), int(piece["frame"]))
    if not isinstance(pack, str) or pack not in sizes or not _fits(SHA256, piece.get("sha256")) or place in frames:
        raise SnapshotDamaged(f"A piece of {path!r} lies in a pack that is not named, or counts twice.")
    if not piece["length"] or not piece["plainBytes"] or piece["offset"] + piece["length"] > sizes[pack]:
        raise SnapshotDamaged(f"A piece of {path!r} lies outside its pack.")
    frames.add(place)
    return int(piece["plainBytes"])
