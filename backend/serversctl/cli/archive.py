"""The file of a backup: a tar of known names with a manifest of their SHA-256, opened without trusting it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST = "manifest.json"
# The only names that are ever taken out of a backup.
KNOWN = re.compile(r"database\.(sqlite|dump)|serversctl\.env|secret\.key|tls/(ca\.pem|ca\.key|cert\.pem|key\.pem)")
SMALL_BYTES = 1 << 20
LARGEST_BYTES = 64 << 30
CHUNK_BYTES = 1 << 20


class BadArchive(Exception):
    """This file is not a whole backup of ours; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds and what it was made from."""

    version: str
    revision: str
    created_at: str
    database: str
    key_id: str
    files: Mapping[str, str]  # name -> SHA-256

    def as_json(self) -> bytes:
        return json.dumps(
            {
                "format": FORMAT,
                "version": self.version,
                "revision": self.revision,
                "createdAt": self.created_at,
                "database": self.database,
                "keyId": self.key_id,
                "files": dict(self.files),
            },
            indent=2,
        ).encode()


def write(target: Path, manifest: Manifest, sources: Mapping[str, Path]) -> None:
    """Whole or not at all, readable for its owner alone. The manifest comes first."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as raw:
            with (
                gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w") as tar,
            ):
                text = manifest.as_json()
                tar.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))
                for member, source in sources.items():
                    with source.open("rb") as content:
                        tar.addfile(_entry(member, source.stat().st_size), content)
            raw.flush()
            os.fsync(raw.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def unpack(archive: Path, folder: Path) -> Manifest:
    """Take a backup apart into an empty folder and check each file against the manifest.

    Known names and plain files only: a link, a device, a path of its own choosing or a file twice refuses the whole.
    """
    try:
        with tarfile.open(archive, mode="r:gz") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST:
                raise BadArchive("it has no manifest in front")
            manifest = read_manifest(_small(tar, first))
            seen: dict[str, str] = {}
            while (entry := tar.next()) is not None:
                if not entry.isreg() or not KNOWN.fullmatch(entry.name) or entry.name in seen:
                    raise BadArchive(f"it holds something that does not belong: {entry.name!r}")
                seen[entry.name] = _take(tar, entry, folder / entry.name)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, OSError) as why:
        raise BadArchive(f"it cannot be read ({why})") from why
    if seen != dict(manifest.files):
        wrong = sorted(name for name in {*seen, *manifest.files} if seen.get(name) != manifest.files.get(name))
        raise BadArchive(f"it is damaged: {', '.join(wrong)} is not what the manifest says")
    return manifest


def read_manifest(raw: bytes) -> Manifest:
    try:
        found: dict[str, Any] = json.loads(raw)
        if found["format"] != FORMAT:
            raise BadArchive(f"its format is {found['format']!r}; this version reads {FORMAT}")
        files = {str(name): str(digest) for name, digest in found["files"].items()}
        return Manifest(
            version=str(found["version"]),
            revision=str(found["revision"]),
            created_at=str(found["createdAt"]),
            database=str(found["database"]),
            key_id=str(found["keyId"]),
            files=files,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as why:
        raise BadArchive(f"its manifest cannot be read ({why!r})") from why


def sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _small(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(entry) if entry.isreg() and entry.size <= SMALL_BYTES else None
    if content is None:
        raise BadArchive("its manifest is not a small plain file")
    return content.read(SMALL_BYTES)


def _take(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path) -> str:
    if entry.size > (LARGEST_BYTES if entry.name.startswith("database.") else SMALL_BYTES):
        raise BadArchive(f"{entry.name} is too large ({entry.size} bytes)")
    content = tar.extractfile(entry)
    if content is None:
        raise BadArchive(f"{entry.name} has no content")
    target.parent.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while part := content.read(CHUNK_BYTES):
            digest.update(part)
            out.write(part)
    return digest.hexdigest()
