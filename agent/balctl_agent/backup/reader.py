"""A snapshot is read back: the manifest opened and checked, files put together piece by piece, each verified on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator

from ..errors import StepFailed
from .frames import FRAME_PLAIN_BYTES, MANIFEST_PURPOSE, PACK_PURPOSE, FrameBox, unfold
from .manifest_rules import BadManifest, checked_manifest
from .packs import Piece
from .paths_and_links import Entry
from .seal import NONCE_BYTES, TAG_BYTES, BadSeal
from .writer import Order

MANIFEST_CAP_BYTES = 48 << 20
MANIFEST_TEXT_CAP_BYTES = 96 << 20
PACKS_KEPT = 2  # files follow each other in packs: more would only cost memory


def open_manifest(order: Order, sealed: bytes) -> dict[str, object]:
    """The checked manifest. BadManifest when a bit is wrong or a rule is broken."""
    box = FrameBox(order.key, MANIFEST_PURPOSE, order.member_id)
    step = NONCE_BYTES + FRAME_PLAIN_BYTES + TAG_BYTES
    try:
        folded = b"".join(
            box.unseal(order.snapshot_id, index, sealed[at : at + step])
            for index, at in enumerate(range(0, len(sealed), step))
        )
        value = json.loads(unfold(folded, MANIFEST_TEXT_CAP_BYTES), parse_int=short_integer)
    except BadSeal as why:
        raise BadManifest(f"the snapshot's manifest was changed, or its key is another one: {why}") from None
    except (ValueError, RecursionError):
        raise BadManifest("the snapshot's manifest is not JSON") from None
    return checked_manifest(value, snapshot_id=order.snapshot_id, member_id=order.member_id)


def short_integer(digits: str) -> int:
    """ValueError for a giant number, which older Pythons take minutes to read."""
    if len(digits) > 20:
        raise ValueError("a number is too long")
    return int(digits)


class DamagedSnapshot(StepFailed):
    """What the store holds is not what was saved. No try will mend it."""


class SnapshotReader:
    """`fetch` takes a name, `<snapshot>/manifest` or `<snapshot>/packs/<id>`, and returns the object."""

    def __init__(self, order: Order, fetch: Callable[[str, int], bytes]) -> None:
        self._fetch = fetch
        self._box = FrameBox(order.key, PACK_PURPOSE, order.member_id)
        self.manifest = open_manifest(order, fetch(f"{order.snapshot_id}/manifest", MANIFEST_CAP_BYTES))
        self._packs: dict[str, dict[str, object]] = {row["id"]: row for row in self.manifest["packs"]}  # type: ignore[attr-defined]
        self._kept: dict[str, bytes] = {}

    @property
    def entries(self) -> list[Entry]:
        return self.manifest["entries"]  # type: ignore[return-value]

    def contents(self, entry: Entry) -> Iterator[bytes]:
        """The file's bytes, piece by piece. DamagedSnapshot at the first one that is not what was saved, at the latest at the end."""
        digest = hashlib.sha256()
        pieces: list[Piece] = entry["pieces"]  # type: ignore[assignment]
        for piece in pieces:
            text = self._piece(str(entry["path"]), piece)
            digest.update(text)
            yield text
        if digest.hexdigest() != entry["sha256"]:
            raise DamagedSnapshot(f"{entry['path']} is not what was saved: its SHA-256 differs")

    def _piece(self, path: str, piece: Piece) -> bytes:
        pack_id, at = str(piece["pack"]), int(str(piece["offset"]))
        frame = self._pack(pack_id)[at : at + int(str(piece["length"]))]
        try:
            text = unfold(self._box.unseal(pack_id, int(str(piece["frame"])), frame), FRAME_PLAIN_BYTES)
        except BadSeal as why:
            raise DamagedSnapshot(f"{path} is damaged in the store (pack {pack_id}): {why}") from None
        if len(text) != piece["plainBytes"] or hashlib.sha256(text).hexdigest() != piece["sha256"]:
            raise DamagedSnapshot(
                f"{path} is damaged in the store (pack {pack_id}): a piece is not the one that was saved"
            )
        return text

    def _pack(self, pack_id: str) -> bytes:
        if pack_id not in self._kept:
            row = self._packs[pack_id]
            while len(self._kept) >= PACKS_KEPT:
                del self._kept[next(iter(self._kept))]
            size_bytes = int(str(row["sizeBytes"]))
            data = self._fetch(f"{row['snapshotId']}/packs/{pack_id}", size_bytes)
            if len(data) != size_bytes or hashlib.sha256(data).hexdigest() != row["sha256"]:
                raise DamagedSnapshot(f"pack {pack_id} is damaged in the store: its size or its SHA-256 differs")
            self._kept[pack_id] = data
        return self._kept[pack_id]
