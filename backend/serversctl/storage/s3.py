"""An S3-compatible bucket: AWS, Ceph, MinIO and others, by boto3.

`s3://bucket/prefix?endpoint=https://…&region=…&presign=0`. Credentials come the usual way of boto3: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, a profile, or the machine's role.
"""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .ports import (
    PIECE_BYTES,
    ObjectMissing,
    Presigned,
    Stored,
    StoreError,
    StoreRefused,
    StoreReport,
    StoreUnavailable,
    WrongContent,
    checked_key,
    joined,
)

OBJECT_MAX_BYTES = 64 << 20
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
FIXES = {
    "NoSuchBucket": "There is no such bucket: make it, or mend SERVERSCTL_STORAGE_URL.",
    "InvalidAccessKeyId": "The access key is not known there: mend AWS_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "The secret does not fit the access key: mend AWS_SECRET_ACCESS_KEY.",
    "AccessDenied": "The access key may not do this: give it read, write, list and delete on the bucket.",
    "RequestTimeTooSkewed": "The clocks differ by more than 15 minutes: set this machine's clock (timedatectl).",
    "ExpiredToken": "The credentials have expired: renew them.",
    "PermanentRedirect": "The bucket lives in another region: add region= to SERVERSCTL_STORAGE_URL.",
    "AuthorizationHeaderMalformed": "The region is wrong: mend region= in SERVERSCTL_STORAGE_URL.",
}
PASSING = frozenset(
    {"500", "502", "503", "504", "429", "InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout"}
)


class S3Store:
    """One bucket, or a part of it."""

    kind = "s3"

    def __init__(self, url: str, *, client: Any = None) -> None:
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self._bucket = parts.netloc
        self._prefix = parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        self._presigns = options.get("presign", "1") not in {"0", "no", "false"}
        self._client = client or _client(options)

    def _key(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def put(self, key: str, data: Iterable[bytes], *, size_bytes: int, sha256: str) -> None:
        if size_bytes > OBJECT_MAX_BYTES:
            raise WrongContent(f"An object has at most {OBJECT_MAX_BYTES} bytes.")
        body = joined(data, size_bytes)
        if len(body) != size_bytes or hashlib.sha256(body).hexdigest() != sha256.lower():
            raise WrongContent("The bytes are not those that were announced: send the object again.")
        self._ask(
            "put_object", Key=self._key(key), Body=io.BytesIO(body), ContentLength=size_bytes, ContentMD5=_md5(body),
            ContentType="application/octet-stream",
        )  # fmt: skip

    def get(self, key: str, start: int = 0) -> Iterator[bytes]:
        extra = {"Range": f"bytes={start}-"} if start else {}
        try:
            found = self._ask("get_object", Key=self._key(key), **extra)
        except StoreError as why:
            if why.code == "object_missing":
                raise ObjectMissing(key) from None
            if why.code == "storage_range":
                return iter(())
            raise
        return self._pieces(found["Body"])

    @staticmethod
    def _pieces(body: Any) -> Iterator[bytes]:
        try:
            yield from body.iter_chunks(PIECE_BYTES)
        except (BotoCoreError, OSError) as why:
            raise StoreUnavailable(f"The store broke off: {why}") from why

    def head(self, key: str) -> Stored | None:
        try:
            found = self._ask("head_object", Key=self._key(key))
        except ObjectMissing:
            return None
        return Stored(key, int(found["ContentLength"]), found["LastModified"].astimezone(UTC))

    def delete(self, keys: Iterable[str]) -> None:
        wanted = [{"Key": self._key(key)} for key in keys]
        for begin in range(0, len(wanted), 1000):
            self._ask("delete_objects", Delete={"Objects": wanted[begin : begin + 1000], "Quiet": True})

    def list(self, prefix: str) -> Iterator[Stored]:
        token: dict[str, str] = {}
        while True:
            found = self._ask("list_objects_v2", Prefix=self._prefix + prefix, MaxKeys=1000, **token)
            for row in found.get("Contents", ()):
                yield Stored(
                    row["Key"].removeprefix(self._prefix), int(row["Size"]), row["LastModified"].astimezone(UTC)
                )
            if not found.get("IsTruncated"):
                return
            token = {"ContinuationToken": found["NextContinuationToken"]}

    def presign_put(self, key: str, *, size_bytes: int, sha256: str, ttl_sec: int) -> Presigned | None:
        """Bound to the size and, by a signed header that stores keep with the object, to the announced digest."""
        if not self._presigns:
            return None
        signed = {
            "ContentLength": size_bytes,
            "ContentType": "application/octet-stream",
            "Metadata": {"sha256": sha256.lower()},
        }
        url = self._sign("put_object", {"Key": self._key(key), **signed}, ttl_sec)
        headers = {"Content-Type": "application/octet-stream", "x-amz-meta-sha256": sha256.lower()}
        return Presigned(url, "PUT", datetime.now(UTC) + timedelta(seconds=ttl_sec), headers)

    def presign_get(self, key: str, *, ttl_sec: int) -> Presigned | None:
        if not self._presigns:
            return None
        url = self._sign("get_object", {"Key": self._key(key)}, ttl_sec)
        return Presigned(url, "GET", datetime.now(UTC) + timedelta(seconds=ttl_sec))

    def _sign(self, what: str, params: dict[str, Any], ttl_sec: int) -> str:
        try:
            return str(self._client.generate_presigned_url(what, {"Bucket": self._bucket, **params}, ExpiresIn=ttl_sec))
        except (BotoCoreError, ClientError) as why:
            raise StoreRefused("storage_credentials", f"No request can be signed: {why}") from why

    def abort_unfinished(self, older_than_sec: int) -> int:
        limit, count = datetime.now(UTC) - timedelta(seconds=older_than_sec), 0
        for row in self._ask("list_multipart_uploads", Prefix=self._prefix).get("Uploads", ()):
            if row["Initiated"].astimezone(UTC) < limit:
                self._ask("abort_multipart_upload", Key=row["Key"], UploadId=row["UploadId"])
                count += 1
        return count

    def check(self) -> StoreReport:
        key, data = f"check/{secrets.token_hex(8)}", secrets.token_bytes(1024)
        try:
            self.put(key, [data], size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
            same = b"".join(self.get(key)) == data
            self.delete([key])
        except StoreError as why:
            return StoreReport(ok=False, detail=why.detail)
        detail = f"bucket {self._bucket} takes objects" if same else f"Bucket {self._bucket} gives back other bytes."
        return StoreReport(same, detail)

    def _ask(self, what: str, **params: Any) -> Any:
        try:
            return getattr(self._client, what)(Bucket=self._bucket, **params)
        except ClientError as why:
            raise _told(why, self._bucket, str(params.get("Key", ""))) from why
        except BotoCoreError as why:
            raise StoreUnavailable(f"Bucket {self._bucket} does not answer: {why}") from why


def _client(options: dict[str, str]) -> Any:
    # A session of our own: the module's shared one keeps the credentials that it saw first.
    session: Any = boto3.session.Session()  # type: ignore[no-untyped-call]
    settings = Config(  # type: ignore[no-untyped-call]
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 4},
        s3={"addressing_style": options.get("style", "path" if "endpoint" in options else "auto")},
        # Ceph and others do not know the checksums that newer SDKs add to each upload.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = options.get("region", "us-east-1")
    return session.client("s3", endpoint_url=options.get("endpoint"), region_name=region, config=settings)


def _told(why: ClientError, bucket: str, key: str) -> StoreError:
    error = why.response.get("Error", {})
    code, status = str(error.get("Code", "")), int(why.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code == "NoSuchBucket":
        return StoreRefused("storage_refused", f"{bucket}: {FIXES[code]}")
    if code in MISSING or (status == 404 and key):
        return ObjectMissing(key)
    if code == "InvalidRange":
        return StoreError("storage_range", "There is nothing behind this offset.")
    if code in PASSING or status >= 500:
        return StoreUnavailable(f"Bucket {bucket} is not well now ({code or status}): it is tried again.")
    fix = FIXES.get(code) or (FIXES["AccessDenied"] if status == 403 else str(error.get("Message", "")))
    return StoreRefused("storage_refused", f"Bucket {bucket} refuses ({code or status}). {fix}")


def _md5(body: bytes) -> str:
    # What S3 compares an upload with (RFC 1864); nothing secret rests on it.
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
