"""Packs: sealed frames back to back, carried away as soon as they are full, so memory holds one and the disk none."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from .frames import FRAME_PLAIN_BYTES, FrameBox, fold

PACK_FULL_BYTES = 8 << 20  # well below the format's 16 MiB: what a broken connection has to send again
Piece = dict[str, object]


class PackWriter:
    def __init__(self, box: FrameBox, snapshot_id: str, send: Callable[[str, bytes], None]) -> None:
        """`send` takes a name and the object; it returns once that is stored."""
        self._box = box
        self._snapshot_id = snapshot_id
        self._send = send
        self._id = ""
        self._frames: list[bytes] = []
        self._size_bytes = 0
        self.sent: dict[str, dict[str, object]] = {}  # pack id -> its row in the manifest

    def add(self, text: bytes) -> Piece:
        """One piece of a file, of at most 1 MiB."""
        if not self._id:
            self._id = os.urandom(16).hex()
        frame = self._box.seal(self._id, len(self._frames), fold(text))
        piece: Piece = {
            "pack": self._id, "frame": len(self._frames), "offset": self._size_bytes, "length": len(frame),
            "plainBytes": len(text), "sha256": hashlib.sha256(text).hexdigest(),
        }  # fmt: skip
        self._frames.append(frame)
        self._size_bytes += len(frame)
        if self._size_bytes >= PACK_FULL_BYTES:
            self.flush()
        return piece

    def flush(self) -> None:
        if not self._frames:
            return
        pack_id, data = self._id, b"".join(self._frames)
        self._id, self._frames, self._size_bytes = "", [], 0
        self._send(f"packs/{pack_id}", data)
        self.sent[pack_id] = {
            "id": pack_id, "snapshotId": self._snapshot_id, "sizeBytes": len(data), "sha256": hashlib.sha256(data).hexdigest(),
        }  # fmt: skip


def seal_manifest(box: FrameBox, snapshot_id: str, text: bytes) -> bytes:
    """One zlib stream, cut into frames of 1 MiB: only the last one is shorter."""
    folded = fold(text)
    cuts = range(0, len(folded), FRAME_PLAIN_BYTES)
    return b"".join(box.seal(snapshot_id, i, folded[at : at + FRAME_PLAIN_BYTES]) for i, at in enumerate(cuts))
