"""One file into pieces: read once, in order, and looked at again afterwards, because it may have changed meanwhile."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable

from .frames import FRAME_PLAIN_BYTES
from .packs import Piece

CHANGE_TRIES = 3


class Unreadable(Exception):
    """Why a path is in the manifest without its contents."""


class ReadFile:
    """A file as it was read. `changed`: it moved under every try, so what was read may be torn."""

    __slots__ = ("changed", "found", "pieces", "sha256", "size_bytes")

    def __init__(self, found: os.stat_result, pieces: list[Piece], sha256: str, size_bytes: int, changed: bool) -> None:
        self.found = found
        self.pieces = pieces
        self.sha256 = sha256
        self.size_bytes = size_bytes
        self.changed = changed


def fingerprint(found: os.stat_result) -> list[int]:
    """What differs when a file was written to, whatever its modification time was set to."""
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def read_file(full: str, add: Callable[[bytes], Piece]) -> ReadFile:
    """Unreadable with the reason; what was half read stays in its pack, unused."""
    done = read_once(full, add)
    for _ in range(CHANGE_TRIES - 1):
        if not done.changed:
            break
        done = read_once(full, add)
    return done


def read_once(full: str, add: Callable[[bytes], Piece]) -> ReadFile:
    try:
        handle = os.open(full, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as why:
        raise Unreadable(why.strerror or "cannot be opened") from None
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise Unreadable("it is not a regular file")
        digest, size_bytes = hashlib.sha256(), 0
        pieces: list[Piece] = []
        while size_bytes <= before.st_size:  # one that grows faster than we read ends here, as changed
            text = read_fully(handle, FRAME_PLAIN_BYTES)
            if not text:
                break
            digest.update(text)
            size_bytes += len(text)
            pieces.append(add(text))
        after = os.fstat(handle)
        changed = size_bytes != after.st_size or fingerprint(before) != fingerprint(after)
        return ReadFile(after, pieces, digest.hexdigest(), size_bytes, changed)
    except OSError as why:
        raise Unreadable(why.strerror or "cannot be read") from None
    finally:
        os.close(handle)


def read_fully(handle: int, count: int) -> bytes:
    first = os.read(handle, count)
    if not first or len(first) == count:
        return first
    parts = [first]
    left = count - len(first)
    while left:
        more = os.read(handle, left)
        if not more:
            break
        parts.append(more)
        left -= len(more)
    return b"".join(parts)
