"""What is downloaded unpacks with tar, and is made without holding a file in memory."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from serversctl.backups.archive import tar_gz
from serversctl.backups.opening import Opener, SnapshotDamaged
from serversctl.storage.folder import FolderStore
from support.snapshots import SnapshotWriter

KEY, SNAPSHOT, MEMBER = "11" * 32, "0190a0a0-0000-7000-8000-000000000001", "0190a0a0-0000-7000-8000-000000000002"
BLANK = {
    "pieces": [],
    "uid": 0,
    "gid": 0,
    "user": "root",
    "group": "root",
    "mtimeNs": 10**18,
    "sizeBytes": 0,
    "sha256": "",
}


def stored(writer: SnapshotWriter, folder: Path) -> tuple[FolderStore, dict[str, str]]:
    store = FolderStore(folder)
    for name, data in writer.objects.items():
        store.put(name, [data], size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    return store, {row["id"]: f"packs/{row['id']}" for row in writer.packs}


def entry(path: str, kind: str, **more: Any) -> dict[str, Any]:
    return {**BLANK, "path": path, "scope": "letsencrypt", "type": kind, "mode": 0o755, "status": "ok", **more}


def test_folders_links_long_names_and_odd_sizes_unpack_as_they_were(tmp_path: Path):
    writer = SnapshotWriter(KEY, SNAPSHOT, MEMBER)
    long = "/etc/haproxy/certs/" + "ä" * 120 + ".pem"
    files = {"/etc/haproxy/haproxy.cfg": b"x" * 512, long: b"y" * 513, "/etc/haproxy/empty": b""}
    for path, data in files.items():
        writer.add(path, data)
    writer.entries.append(entry("/etc/letsencrypt/live", "dir"))
    writer.entries.append(entry("/etc/letsencrypt/live/a.pem", "link", target="../archive/a.pem"))
    writer.entries.append(entry("/etc/haproxy/secret", "file", status="unreadable"))
    store, keys = stored(writer, tmp_path)

    body = b"".join(tar_gz(store, Opener(KEY, MEMBER), keys, writer.entries))

    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        found = {f"/{member.name}": member for member in tar.getmembers()}
        assert {path: tar.extractfile(found[path]).read() for path in files} == files  # type: ignore[union-attr]
        assert found["/etc/letsencrypt/live"].isdir()
        assert found["/etc/letsencrypt/live/a.pem"].linkname == "../archive/a.pem"
        assert found[long].mode == 0o600
        assert "/etc/haproxy/secret" not in found


def test_a_large_file_does_not_have_to_fit_into_memory(tmp_path: Path):
    writer = SnapshotWriter(KEY, SNAPSHOT, MEMBER)
    writer.add("/etc/haproxy/zeros", bytes(64 << 20))
    store, keys = stored(writer, tmp_path)
    tracemalloc.start()

    sent = sum(len(piece) for piece in tar_gz(store, Opener(KEY, MEMBER), keys, writer.entries))

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent > 60_000
    assert peak_bytes < 16 << 20


def test_a_flipped_bit_breaks_the_download_off(tmp_path: Path):
    writer = SnapshotWriter(KEY, SNAPSHOT, MEMBER)
    writer.add("/etc/haproxy/haproxy.cfg", b"global\n" * 100)
    name = next(iter(writer.objects))
    writer.objects[name] = writer.objects[name][:-1] + bytes([writer.objects[name][-1] ^ 1])
    store, keys = stored(writer, tmp_path)
    with pytest.raises(SnapshotDamaged):
        b"".join(tar_gz(store, Opener(KEY, MEMBER), keys, writer.entries))
