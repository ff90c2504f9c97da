"""Opening snapshots of format 1 in the control plane: the manifest, and the files of it, piece by piece.

The format is the agent's (agent/balctl_agent/backup): AES-256-GCM frames bound to member, object and position.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..kernel.errors import DomainError
from ..storage.ports import Store, joined

PACK_PURPOSE, MANIFEST_PURPOSE = "serversctl-pack-v1", "serversctl-manifest-v1"
NONCE_BYTES, TAG_BYTES, FRAME_PLAIN_BYTES = 12, 16, 1 << 20
MANIFEST_MAX_BYTES, MANIFEST_TEXT_MAX_BYTES = 48 << 20, 96 << 20


class SnapshotDamaged(DomainError):
    """What is stored is not what was saved, or its key is another one."""

    status = 409

    def __init__(self, detail: str) -> None:
        super().__init__("snapshot_damaged", detail)


class Opener:
    """Opens the objects of one member with one key."""

    def __init__(self, key_hex: str, member_id: str) -> None:
        self._key = bytes.fromhex(key_hex)
        self._member_id = member_id

    def frame(self, purpose: str, object_id: str, index: int, sealed: bytes) -> bytes:
        box = AESGCM(hmac.new(self._key, purpose.encode(), hashlib.sha256).digest())
        bound = f"{purpose}|{self._member_id}|{object_id}|{index}".encode()
        try:
            return box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as why:
            raise SnapshotDamaged(
                "A part of the snapshot does not open: it was changed, or its key is another one."
            ) from why

    def manifest(self, snapshot_id: str, sealed: bytes) -> dict[str, Any]:
        """The manifest of this very snapshot and member."""
        step = NONCE_BYTES + FRAME_PLAIN_BYTES + TAG_BYTES
        parts = [sealed[at : at + step] for at in range(0, len(sealed), step)]
        folded = b"".join(self.frame(MANIFEST_PURPOSE, snapshot_id, index, part) for index, part in enumerate(parts))
        try:
            value = json.loads(_unfold(folded, MANIFEST_TEXT_MAX_BYTES))
        except (ValueError, RecursionError) as why:
            raise SnapshotDamaged("The manifest of the snapshot is not JSON.") from why
        named = isinstance(value, dict) and (value.get("snapshotId"), value.get("memberId")) == (
            snapshot_id,
            self._member_id,
        )
        if not named or value.get("format") != 1:
            raise SnapshotDamaged("The manifest belongs to another snapshot.")
        return dict(value)

    def contents(self, store: Store, keys: Mapping[str, str], entry: Mapping[str, Any]) -> Iterator[bytes]:
        """A file's bytes. `keys` maps pack ids to keys in the store. SnapshotDamaged at the first wrong byte."""
        whole = hashlib.sha256()
        for piece in entry.get("pieces") or ():
            pack, offset, length = str(piece["pack"]), int(piece["offset"]), int(piece["length"])
            if pack not in keys or length > 2 * FRAME_PLAIN_BYTES:
                raise SnapshotDamaged(f"{entry['path']}: its data is not among the snapshot's objects.")
            sealed = _part(store, keys[pack], offset, length)
            plain = _unfold(self.frame(PACK_PURPOSE, pack, int(piece["frame"]), sealed), FRAME_PLAIN_BYTES)
            if hashlib.sha256(plain).hexdigest() != piece["sha256"]:
                raise SnapshotDamaged(f"{entry['path']}: a piece is not what was saved.")
            whole.update(plain)
            yield plain
        if entry.get("sha256") and whole.hexdigest() != entry["sha256"]:
            raise SnapshotDamaged(f"{entry['path']} is not what was saved.")


def read_manifest(store: Store, opener: Opener, snapshot_id: str, key: str) -> dict[str, Any]:
    return opener.manifest(snapshot_id, joined(store.get(key), MANIFEST_MAX_BYTES))


def _part(store: Store, key: str, offset: int, length: int) -> bytes:
    found = bytearray()
    for piece in store.get(key, offset):
        found += piece
        if len(found) >= length:
            break
    return bytes(found[:length])


def _unfold(folded: bytes, cap_bytes: int) -> bytes:
    engine = zlib.decompressobj()
    try:
        text = engine.decompress(folded, cap_bytes + 1)
    except zlib.error as why:
        raise SnapshotDamaged("A part of the snapshot does not unfold.") from why
    if len(text) > cap_bytes or not engine.eof:
        raise SnapshotDamaged("A part of the snapshot unfolds to more than it may.")
    return text
