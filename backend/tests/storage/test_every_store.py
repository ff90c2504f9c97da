"""What every store does, whatever is behind it."""

from __future__ import annotations

import hashlib
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from serversctl.storage.folder import FolderStore
from serversctl.storage.ports import ObjectMissing, Presigned, Store, StoreError, StoreFull, StoreRefused, WrongContent
from serversctl.storage.s3 import S3Store
from support.servers.radosgw import RadosGw

DATA = bytes(range(256)) * 4096
KEY = "acc/sites/pool/snapshots/snap/packs/0123abcd"


def put(store: Store, key: str = KEY, data: bytes = DATA) -> None:
    halves = [data[: len(data) // 2], data[len(data) // 2 :]]
    store.put(key, halves, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def test_an_object_comes_back_as_it_was_and_from_the_middle(store: Store):
    put(store)
    put(store)

    assert b"".join(store.get(KEY)) == DATA
    assert b"".join(store.get(KEY, len(DATA) - 7)) == DATA[-7:]
    assert b"".join(store.get(KEY, len(DATA))) == b""
    found = store.head(KEY)
    assert found is not None
    assert (found.key, found.size_bytes) == (KEY, len(DATA))
    assert abs(found.modified_at.timestamp() - time.time()) < 120


def test_an_empty_object_is_an_object(store: Store):
    put(store, data=b"")
    assert b"".join(store.get(KEY)) == b""


def test_what_is_not_there_is_said(store: Store):
    assert store.head("no/such/object") is None
    with pytest.raises(ObjectMissing, match="not in the store"):
        store.get("no/such/object")
    store.delete(["no/such/object"])


@pytest.mark.parametrize("wrong", ["digest", "short", "long"])
def test_other_bytes_than_announced_leave_nothing_behind(store: Store, wrong: str):
    size = {"digest": len(DATA), "short": len(DATA) + 1, "long": len(DATA) - 1}[wrong]
    digest = "0" * 64 if wrong == "digest" else hashlib.sha256(DATA).hexdigest()

    with pytest.raises(WrongContent):
        store.put(KEY, [DATA], size_bytes=size, sha256=digest)

    assert store.head(KEY) is None
    assert list(store.list("")) == []


def test_objects_are_listed_below_a_prefix_and_deleted(store: Store):
    for key in ("a/1/x", "a/1/y", "a/2/x", "b/1"):
        put(store, key, b"data")

    assert sorted(row.key for row in store.list("a/1/")) == ["a/1/x", "a/1/y"]
    store.delete(["a/1/x", "a/2/x"])
    assert sorted(row.key for row in store.list("")) == ["a/1/y", "b/1"]


@pytest.mark.parametrize(
    "key", ["/etc/passwd", "../x", "a/../b", "a//b", "", ".x", "a/.b", "a b", "a\nb", "a/" * 14 + "x"]
)
def test_a_key_that_leaves_its_place_is_not_used(store: Store, key: str):
    with pytest.raises(ValueError, match="not an object key"):
        put(store, key)


def test_a_store_that_works_says_so(store: Store):
    assert store.check().ok
    assert list(store.list("")) == []


def fetch(signed: Presigned, data: bytes | None = None) -> bytes:
    request = urllib.request.Request(signed.url, data=data, method=signed.method, headers=dict(signed.headers))
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def status_of(signed: Presigned, data: bytes | None = None) -> int:
    try:
        fetch(signed, data)
    except urllib.error.HTTPError as why:
        return why.code
    return 200


def test_a_presigned_request_needs_nothing_of_ours_and_does_one_thing(radosgw: RadosGw, bucket: str):
    store = S3Store(radosgw.url(bucket))
    digest = hashlib.sha256(DATA).hexdigest()
    up = store.presign_put(KEY, size_bytes=len(DATA), sha256=digest, ttl_sec=60)
    down = store.presign_get(KEY, ttl_sec=60)
    assert up is not None
    assert down is not None

    assert status_of(down) == 404
    assert status_of(up, DATA) == 200
    assert fetch(down) == DATA
    assert status_of(Presigned(up.url.replace("0123abcd", "stolen01"), "PUT", up.expires_at, up.headers), DATA) == 403
    assert status_of(Presigned(down.url, "DELETE", down.expires_at)) == 403
    assert (
        status_of(Presigned(up.url, "PUT", up.expires_at, {**up.headers, "x-amz-meta-sha256": "0" * 64}), DATA) == 403
    )
    assert status_of(Presigned(down.url.partition("?")[0], "GET", down.expires_at)) == 403


def test_a_presigned_request_runs_out(radosgw: RadosGw, bucket: str):
    store = S3Store(radosgw.url(bucket))
    put(store)
    signed = store.presign_get(KEY, ttl_sec=1)
    assert signed is not None
    time.sleep(2.1)
    assert status_of(signed) == 403


def test_presigning_can_be_switched_off(radosgw: RadosGw, bucket: str):
    store = S3Store(radosgw.url(bucket, presign="0"))
    assert store.presign_get(KEY, ttl_sec=60) is None
    assert store.presign_put(KEY, size_bytes=1, sha256="0" * 64, ttl_sec=60) is None


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [("AWS_ACCESS_KEY_ID", "NOBODY", "AWS_ACCESS_KEY_ID"), ("AWS_SECRET_ACCESS_KEY", "wrong", "AWS_SECRET_ACCESS_KEY")],
)
def test_wrong_keys_are_named_with_the_setting_to_mend(
    radosgw: RadosGw, bucket: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
):
    monkeypatch.setenv(variable, value)
    store = S3Store(radosgw.url(bucket))

    with pytest.raises(StoreRefused, match=said):
        put(store)
    found = store.check()
    assert (found.ok, said in found.detail) == (False, True)


def test_a_bucket_that_does_not_exist_and_a_server_that_does_not_answer(radosgw: RadosGw, bucket: str):
    with pytest.raises(StoreRefused, match="no such bucket"):
        put(S3Store(radosgw.url("nobodys-bucket")))
    gone = S3Store(f"s3://{bucket}?endpoint=http://127.0.0.1:9")
    with pytest.raises(StoreError, match="does not answer") as refused:
        put(gone)
    assert refused.value.permanent is False


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = FolderStore(tmp_path)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreFull, match="no room left"):
        put(store)
    monkeypatch.undo()
    assert list(store.list("")) == []


def test_a_folder_that_takes_no_files_is_told_with_its_fix(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    found = FolderStore(tmp_path / "file").check()
    assert (found.ok, "SERVERSCTL_STORAGE_URL" in found.detail) == (False, True)


def test_what_a_crash_left_half_written_goes_after_a_day(tmp_path: Path):
    store = FolderStore(tmp_path)
    put(store)
    half = tmp_path / "acc" / ".unfinished-1234"
    half.write_bytes(b"half")

    assert store.abort_unfinished(24 * 3600) == 0
    assert store.abort_unfinished(-1) == 1
    assert [row.key for row in store.list("")] == [KEY]
