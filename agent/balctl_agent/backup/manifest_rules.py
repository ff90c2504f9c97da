"""A manifest is not trusted: everything in it is checked before one byte is fetched, and one fault refuses the whole."""

from __future__ import annotations

import re

from ..errors import StepFailed
from .frames import FRAME_PLAIN_BYTES, FRAME_SEALED_BYTES
from .packs import Piece
from .paths_and_links import Entry, link_end, stays_inside, usable_path
from .scopes import SCOPES_OF_KIND, scope_allows
from .writer import FORMAT, MOST_BYTES, MOST_ENTRIES

PACK_CAP_BYTES = 16 << 20
MOST_PIECES = 200_000
MOST_RATIO = 1100  # deflate cannot do better than 1032:1, so more is not one of our packs
SNAPSHOT_ID = re.compile(r"[0-9a-f-]{8,64}")
PACK_ID = re.compile(r"[0-9a-f]{32}")
SHA256 = re.compile(r"[0-9a-f]{64}")
LAST_NS = 1 << 62


class BadManifest(StepFailed):
    """The snapshot cannot be used. Nothing was touched."""


def checked_manifest(value: object, *, snapshot_id: str, member_id: str) -> dict[str, object]:
    """The manifest itself when every rule holds. BadManifest otherwise."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise BadManifest("the snapshot's format is not known to this agent: update the agent")
    if value.get("snapshotId") != snapshot_id or value.get("memberId") != member_id:
        raise BadManifest("the manifest belongs to another snapshot or member")
    scopes = SCOPES_OF_KIND.get(str(value.get("kind")))
    entries, packs = value.get("entries"), value.get("packs")
    if scopes is None or not isinstance(entries, list) or not isinstance(packs, list):
        raise BadManifest("the manifest is malformed")
    if len(entries) > MOST_ENTRIES or len(packs) > MOST_ENTRIES:
        raise BadManifest(f"the manifest has more than {MOST_ENTRIES} entries")
    sizes = checked_packs(packs)
    by_path: dict[str, Entry] = {}
    frames: set[tuple[str, int]] = set()
    plain_bytes = told = 0
    for entry in entries:
        path = check_entry(entry, scopes)
        if path in by_path:
            raise BadManifest(f"{path} is there twice")
        by_path[path] = entry
        for piece in entry["pieces"]:
            check_piece(path, piece, sizes)
            frames.add((piece["pack"], piece["frame"]))
        told += len(entry["pieces"])
        plain_bytes += entry["sizeBytes"]
        if told > MOST_PIECES or told != len(frames) or plain_bytes > MOST_BYTES:
            raise BadManifest("the manifest holds more than a snapshot may hold, or the same piece twice")
    stored = sum(sizes.values())
    if plain_bytes > MOST_RATIO * max(stored, 1) and plain_bytes > FRAME_PLAIN_BYTES:
        raise BadManifest(f"{stored} stored bytes would unfold to {plain_bytes}")
    check_nesting(by_path)
    return value


def whole_number(value: object, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= high


def is_match(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def checked_packs(rows: list[object]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for row in rows:
        good = isinstance(row, dict) and is_match(PACK_ID, row.get("id")) and is_match(SHA256, row.get("sha256"))
        if not isinstance(row, dict) or not good or not is_match(SNAPSHOT_ID, row.get("snapshotId")):
            raise BadManifest("a pack is malformed")
        if not whole_number(row.get("sizeBytes"), PACK_CAP_BYTES) or row["id"] in sizes:
            raise BadManifest(f"pack {row['id']} is too large, or there twice")
        sizes[row["id"]] = row["sizeBytes"]
    return sizes


def check_entry(entry: object, scopes: tuple[str, ...]) -> str:
    """Its path. BadManifest for anything that we would not have written."""
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("path"), str)
        or not isinstance(entry.get("pieces"), list)
    ):
        raise BadManifest("an entry is malformed")
    path, kind, status = entry["path"], entry.get("type"), entry.get("status")
    shown = repr(path[:200])
    if not usable_path(path):
        raise BadManifest(f"{shown} is not a path that can be restored")
    if entry.get("scope") not in scopes or not scope_allows(str(entry["scope"]), path):
        raise BadManifest(f"{shown} lies outside of what a backup holds")
    if (
        not isinstance(kind, str)
        or kind not in ("file", "dir", "link")
        or status not in ("ok", "unreadable", "changed")
    ):
        raise BadManifest(f"{shown} is neither a file, a folder nor a link")
    if not whole_number(entry.get("mode"), 0o777):
        raise BadManifest(f"{shown} has a mode that is not allowed (setuid, setgid or sticky)")
    numbers = (("uid", 1 << 32), ("gid", 1 << 32), ("mtimeNs", LAST_NS), ("sizeBytes", MOST_BYTES))
    if not all(whole_number(entry.get(name), high) for name, high in numbers):
        raise BadManifest(f"{shown} has an owner, a time or a size that cannot be")
    if not all(isinstance(entry.get(name, ""), str) and len(entry.get(name, "")) < 256 for name in ("user", "group")):
        raise BadManifest(f"{shown} has an owner without a usable name")
    if kind == "link" and (
        status != "ok" or not isinstance(entry.get("target"), str) or not stays_inside(path, entry["target"])
    ):
        raise BadManifest(f"{shown} is a link that leads out of /etc/letsencrypt")
    if kind != "file" or status == "unreadable":
        if entry["pieces"] or entry["sizeBytes"]:
            raise BadManifest(f"{shown} has contents although it is no file that was read")
    elif not is_match(SHA256, entry.get("sha256")):
        raise BadManifest(f"{shown} has no SHA-256")
    return path


def check_piece(path: str, piece: object, sizes: dict[str, int]) -> None:
    limits = (
        ("frame", MOST_PIECES),
        ("offset", PACK_CAP_BYTES),
        ("length", FRAME_SEALED_BYTES),
        ("plainBytes", FRAME_PLAIN_BYTES),
    )
    if not isinstance(piece, dict) or not all(whole_number(piece.get(name), high) for name, high in limits):
        raise BadManifest(f"a piece of {path!r} is malformed or too large")
    if (
        not is_match(PACK_ID, piece.get("pack"))
        or piece["pack"] not in sizes
        or not is_match(SHA256, piece.get("sha256"))
    ):
        raise BadManifest(f"a piece of {path!r} lies in a pack that is not named")
    if piece["offset"] + piece["length"] > sizes[piece["pack"]] or not piece["plainBytes"] or not piece["length"]:
        raise BadManifest(f"a piece of {path!r} lies outside its pack")


def check_nesting(by_path: dict[str, Entry]) -> None:
    """What lies below another entry needs that to be a folder; a link's target must be there; sizes must add up."""
    for path, entry in by_path.items():
        above = path
        while above.count("/") > 2:
            above = above.rpartition("/")[0]
            if above in by_path and by_path[above]["type"] != "dir":
                raise BadManifest(f"{path!r} lies below {above!r}, which is no folder")
        if entry["type"] == "link" and link_end(path, entry, by_path) is None:
            raise BadManifest(f"{path!r} is a link to something that is not in the snapshot")
        pieces: list[Piece] = entry["pieces"]  # type: ignore[assignment]
        if sum(int(str(piece["plainBytes"])) for piece in pieces) != entry["sizeBytes"]:
            raise BadManifest(f"the pieces of {path!r} do not make up its size")
