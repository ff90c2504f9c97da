"""The sealed frame of snapshot format 1, and the two keys that a backup key unfolds to."""

from __future__ import annotations

import hashlib
import hmac
import os
import zlib

from .seal import NONCE_BYTES, TAG_BYTES, BadSeal, Gcm

PACK_PURPOSE = "serversctl-pack-v1"
MANIFEST_PURPOSE = "serversctl-manifest-v1"
FRAME_PLAIN_BYTES = 1 << 20  # a frame never unfolds to more: the limit against bombs
FRAME_SEALED_BYTES = NONCE_BYTES + FRAME_PLAIN_BYTES + (FRAME_PLAIN_BYTES >> 8) + 1024 + TAG_BYTES


class FrameBox:
    """Seals and opens frames of one purpose for one member."""

    def __init__(self, key: bytes, purpose: str, member_id: str) -> None:
        self._gcm = Gcm(hmac.new(key, purpose.encode(), hashlib.sha256).digest())
        self._purpose = purpose
        self._member_id = member_id

    def _bound(self, object_id: str, index: int) -> bytes:
        return f"{self._purpose}|{self._member_id}|{object_id}|{index}".encode()

    def seal(self, object_id: str, index: int, text: bytes) -> bytes:
        """`text` as it stands; whoever wants it folded folds it first."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._gcm.seal(nonce, text, self._bound(object_id, index))

    def unseal(self, object_id: str, index: int, frame: bytes) -> bytes:
        """BadSeal for a frame that was changed, moved, or made for somebody else."""
        return self._gcm.unseal(frame[:NONCE_BYTES], frame[NONCE_BYTES:], self._bound(object_id, index))


def fold(text: bytes) -> bytes:
    return zlib.compress(text, 1)


def unfold(folded: bytes, cap_bytes: int) -> bytes:
    """BadSeal when it is no zlib stream, goes on after its end, or unfolds to more than `cap_bytes`."""
    engine = zlib.decompressobj()
    try:
        text = engine.decompress(folded, cap_bytes + 1)
    except zlib.error:
        raise BadSeal("not a zlib stream") from None
    if len(text) > cap_bytes or not engine.eof or engine.unused_data or engine.unconsumed_tail:
        raise BadSeal(f"does not unfold to at most {cap_bytes} bytes")
    return text
