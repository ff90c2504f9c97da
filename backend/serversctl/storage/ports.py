"""What an object store is to us. Keys are relative paths without a leading slash; objects are written once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..kernel.errors import DomainError

KEY = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}/){0,12}[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
PIECE_BYTES = 256 * 1024


class StoreError(DomainError):
    """The store said no, or nothing. `permanent` is False where trying again may help."""

    status = 502


class StoreRefused(StoreError):
    """Wrong key, wrong bucket, no right, a clock that is off: somebody has to change a setting."""


class StoreUnavailable(StoreError):
    """No answer, or one that says: later."""

    status = 503

    def __init__(self, detail: str) -> None:
        super().__init__("storage_unavailable", detail, permanent=False)


class StoreFull(StoreError):
    """There is no room."""

    status = 507

    def __init__(self, detail: str) -> None:
        super().__init__("storage_full", detail, permanent=False)


class ObjectMissing(StoreError):
    """There is no such object."""

    status = 404

    def __init__(self, key: str) -> None:
        super().__init__("object_missing", f"{key} is not in the store.")


class WrongContent(StoreError):
    """What came is not what its size and SHA-256 said; nothing was stored."""

    status = 422

    def __init__(self, detail: str) -> None:
        super().__init__("object_mismatch", detail)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the store knows it."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Presigned:
    """A request that whoever has it may make until then, without our credentials."""

    url: str
    method: str
    expires_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreReport:
    """Does the store take, keep, give back and delete? `detail` says the fix when not."""

    ok: bool
    detail: str


class Store(Protocol):
    """One store. May be used by several threads."""

    kind: str

    def put(self, key: str, data: Iterable[bytes], *, size_bytes: int, sha256: str) -> None:
        """Store an object; the same content again is fine. Raises WrongContent, StoreFull, StoreError."""
        ...

    def get(self, key: str, start: int = 0) -> Iterator[bytes]:
        """The object's bytes from an offset on, piece by piece. Raises ObjectMissing, StoreError."""
        ...

    def head(self, key: str) -> Stored | None: ...

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there are fine."""
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """Every object below a prefix that ends in a slash, or all with ''."""
        ...

    def presign_put(self, key: str, *, size_bytes: int, sha256: str, ttl_sec: int) -> Presigned | None:
        """None: not supported, the bytes go through us."""
        ...

    def presign_get(self, key: str, *, ttl_sec: int) -> Presigned | None: ...

    def abort_unfinished(self, older_than_sec: int) -> int:
        """Remove what broken uploads left behind; how many there were."""
        ...

    def check(self) -> StoreReport: ...


def checked_key(key: str) -> str:
    """The key itself. ValueError for one that could leave its place: keys are made by us, never by a caller."""
    if not KEY.fullmatch(key) or ".." in key:
        raise ValueError(f"not an object key: {key[:80]!r}")
    return key


def joined(pieces: Iterable[bytes], cap_bytes: int) -> bytes:
    """A whole small object. WrongContent beyond the cap."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > cap_bytes:
            raise WrongContent(f"The object is larger than {cap_bytes} bytes.")
    return bytes(found)
