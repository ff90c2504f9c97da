"""A snapshot as tar.gz, opened piece by piece while it is sent: no file has to fit into memory."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..storage.ports import Store
from .opening import Opener

GZIP = 31  # zlib's wbits for a gzip header
END = bytes(2 * tarfile.BLOCKSIZE)


def tar_gz(
    store: Store, opener: Opener, keys: Mapping[str, str], entries: Iterable[Mapping[str, Any]]
) -> Iterator[bytes]:
    """`keys` maps pack ids to keys in the store. SnapshotDamaged at the first wrong byte: the stream then breaks off."""
    engine = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    for entry in sorted(entries, key=lambda row: str(row["path"])):
        if entry["status"] == "unreadable":
            continue
        yield engine.compress(_header(entry))
        if entry["type"] == "file":
            for piece in opener.contents(store, keys, entry):
                yield engine.compress(piece)
            yield engine.compress(bytes(-int(entry["sizeBytes"]) % tarfile.BLOCKSIZE))
    yield engine.compress(END)
    yield engine.flush()


def _header(entry: Mapping[str, Any]) -> bytes:
    info = tarfile.TarInfo(str(entry["path"]).lstrip("/"))
    info.mode, info.uid, info.gid = int(entry["mode"]), int(entry["uid"]), int(entry["gid"])
    info.uname, info.gname = str(entry.get("user") or ""), str(entry.get("group") or "")
    info.mtime = int(entry["mtimeNs"]) // 1_000_000_000
    if entry["type"] == "dir":
        info.type = tarfile.DIRTYPE
    elif entry["type"] == "link":
        info.type, info.linkname = tarfile.SYMTYPE, str(entry["target"])
    else:
        info.size = int(entry["sizeBytes"])
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
