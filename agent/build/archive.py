"""agent.zip and agent.json: the same bytes from the same sources, on any machine, on any day."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile

PROGRAMS = {"balctl_heartbeat.py", "balctl-agent.sh"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip file can tell
PRODUCT = "serversctl-agent"
MIN_VERSION = 100  # oldest installed agent that can update straight to this one
VALID_YEARS = 1


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """A flat archive: sorted names, one time, stored (deflate differs between zlib builds), fixed modes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | (0o755 if name in PROGRAMS else 0o644)) << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def make_manifest(files: dict[str, bytes], archive: bytes, version: int, released: str) -> dict[str, object]:
    """The description that gets signed. A control plane that signs it anew may move `created` and `expires`."""
    return {
        "product": PRODUCT,
        "version": version,
        "minVersion": MIN_VERSION,
        "created": released,
        "expires": f"{int(released[:4]) + VALID_YEARS}{released[4:]}",
        "file": "agent.zip",
        "sizeBytes": len(archive),
        "sha256": hashlib.sha256(archive).hexdigest(),
        "files": [
            {"name": n, "sizeBytes": len(files[n]), "sha256": hashlib.sha256(files[n]).hexdigest()}
            for n in sorted(files)
        ],
        "generation": 1,
    }


def canonical(manifest: dict[str, object]) -> bytes:
    """What a signature covers: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def agent_json(manifest: dict[str, object], signatures: list[dict[str, str]], keys: list[dict[str, str]]) -> bytes:
    document = {
        "version": manifest["version"],
        "sha256": manifest["sha256"],
        "manifest": manifest,
        "signatures": signatures,
        "keys": keys,
    }
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()
