"""Objects as files below one folder: the embedded default. A file appears whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from .ports import (
    PIECE_BYTES,
    ObjectMissing,
    Presigned,
    Stored,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreReport,
    WrongContent,
    checked_key,
)

# Names that are no keys: what is being written.
UNFINISHED = ".unfinished-"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class FolderStore:
    """One folder, private to us."""

    kind = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, key: str) -> Path:
        return self._folder / checked_key(key)

    def put(self, key: str, data: Iterable[bytes], *, size_bytes: int, sha256: str) -> None:
        target = self._path(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = target.parent / f"{UNFINISHED}{secrets.token_hex(8)}"
            try:
                self._write(beside, data, size_bytes=size_bytes, sha256=sha256)
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)
            _sync(target.parent)
        except OSError as why:
            raise _told(why, target) from why

    @staticmethod
    def _write(beside: Path, data: Iterable[bytes], *, size_bytes: int, sha256: str) -> None:
        digest, written = hashlib.sha256(), 0
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
            for piece in data:
                written += len(piece)
                if written > size_bytes:
                    break
                digest.update(piece)
                out.write(piece)
            if written != size_bytes or digest.hexdigest() != sha256.lower():
                raise WrongContent("The bytes are not those that were announced: send the object again.")
            out.flush()
            os.fsync(out.fileno())

    def get(self, key: str, start: int = 0) -> Iterator[bytes]:
        path = self._path(key)
        try:
            source = path.open("rb")
        except FileNotFoundError:
            raise ObjectMissing(key) from None
        except OSError as why:
            raise _told(why, path) from why
        return _pieces(source, start)

    def head(self, key: str) -> Stored | None:
        path = self._path(key)
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as why:
            raise _told(why, path) from why
        return Stored(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            path = self._path(key)
            try:
                path.unlink(missing_ok=True)
                self._prune(path.parent)
            except OSError as why:
                raise _told(why, path) from why

    def _prune(self, folder: Path) -> None:
        """Empty folders go, up to our own."""
        while folder != self._folder and folder.is_relative_to(self._folder):
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def list(self, prefix: str) -> Iterator[Stored]:
        for where, folders, names in os.walk(self._folder / prefix):
            folders.sort()
            for name in sorted(names):
                if not name.startswith(UNFINISHED):
                    found = self.head(str(Path(where, name).relative_to(self._folder)))
                    if found is not None:
                        yield found

    def presign_put(self, key: str, *, size_bytes: int, sha256: str, ttl_sec: int) -> Presigned | None:  # noqa: ARG002
        return None

    def presign_get(self, key: str, *, ttl_sec: int) -> Presigned | None:  # noqa: ARG002
        return None

    def abort_unfinished(self, older_than_sec: int) -> int:
        limit, count = time.time() - older_than_sec, 0
        for where, _, names in os.walk(self._folder):
            for name in names:
                path = Path(where, name)
                if name.startswith(UNFINISHED) and path.stat().st_mtime < limit:
                    path.unlink(missing_ok=True)
                    count += 1
        return count

    def check(self) -> StoreReport:
        key, data = f"check/{secrets.token_hex(8)}", secrets.token_bytes(4096)
        try:
            self.put(key, [data], size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
            same = b"".join(self.get(key)) == data
            self.delete([key])
        except StoreError as why:
            return StoreReport(ok=False, detail=why.detail)
        return StoreReport(same, f"{self._folder} takes files" if same else f"{self._folder} gives back other bytes.")


def _pieces(source: object, start: int) -> Iterator[bytes]:
    with source as opened:  # type: ignore[attr-defined]
        opened.seek(start)
        while piece := opened.read(PIECE_BYTES):
            yield piece


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _told(why: OSError, path: Path) -> StoreError:
    if why.errno in FULL:
        return StoreFull(
            f"There is no room left for {path.parent}: free some, or move SERVERSCTL_STORAGE_URL elsewhere."
        )
    return StoreRefused(
        "storage_refused", f"{path.parent}: {why.strerror}. Make the folder writable, or mend SERVERSCTL_STORAGE_URL."
    )
