"""Writes snapshots of format 1 as the agent does, from the format's text and not from its code."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FRAME = 1 << 20


@dataclass
class SnapshotWriter:
    """`objects` maps the names under the snapshot's folder to their bytes."""

    key: str
    snapshot_id: str
    member_id: str
    objects: dict[str, bytes] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    packs: list[dict[str, Any]] = field(default_factory=list)

    def seal(self, purpose: str, object_id: str, index: int, data: bytes) -> bytes:
        box = AESGCM(hmac.new(bytes.fromhex(self.key), purpose.encode(), hashlib.sha256).digest())
        nonce = secrets.token_bytes(12)
        return nonce + box.encrypt(nonce, data, f"{purpose}|{self.member_id}|{object_id}|{index}".encode())

    def add(self, path: str, data: bytes, scope: str = "main_config", **changed: Any) -> None:
        """One file in a pack of its own."""
        pack_id, sealed, pieces = secrets.token_hex(16), b"", []
        for index, at in enumerate(range(0, len(data), FRAME)):
            plain = data[at : at + FRAME]
            frame = self.seal("serversctl-pack-v1", pack_id, index, zlib.compress(plain, 1))
            pieces.append(
                {"pack": pack_id, "frame": index, "offset": len(sealed), "length": len(frame), "plainBytes": len(plain),
                 "sha256": hashlib.sha256(plain).hexdigest()}
            )  # fmt: skip
            sealed += frame
        if pieces:
            self.objects[f"packs/{pack_id}"] = sealed
            self.packs.append({"id": pack_id, "snapshotId": self.snapshot_id, "sizeBytes": len(sealed),
                               "sha256": hashlib.sha256(sealed).hexdigest()})  # fmt: skip
        self.entries.append(
            {"path": path, "scope": scope, "type": "file", "mode": 0o600, "uid": 0, "gid": 0, "user": "root", "group": "root",
             "mtimeNs": 1767225600 * 10**9, "sizeBytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "status": "ok",
             "pieces": pieces, **changed}
        )  # fmt: skip

    def reuse(self, older: SnapshotWriter) -> None:
        """What did not change is not sent again."""
        self.entries += older.entries
        self.packs += older.packs

    def finish(self, kind: str = "haproxy", status: str = "complete", **changed: Any) -> dict[str, Any]:
        """The manifest becomes an object; answers the job's result."""
        manifest = {
            "format": 1, "kind": kind, "snapshotId": self.snapshot_id, "memberId": self.member_id, "hostname": "lb1",
            "createdAt": "2026-01-01T00:00:00Z", "agentVersion": 1, "keyGeneration": 1, "status": status,
            "entries": self.entries, "packs": self.packs, "totals": {}, **changed,
        }  # fmt: skip
        folded = zlib.compress(json.dumps(manifest).encode())
        parts = [folded[at : at + FRAME] for at in range(0, len(folded), FRAME)]
        sealed = b"".join(
            self.seal("serversctl-manifest-v1", self.snapshot_id, index, part) for index, part in enumerate(parts)
        )
        self.objects["manifest"] = sealed
        return {
            "snapshotId": self.snapshot_id, "manifestSha256": hashlib.sha256(sealed).hexdigest(),
            "manifestBytes": len(sealed), "status": status, "unreadable": [],
        }  # fmt: skip
