"""Every store that we have: a folder, and a bucket of a real S3 server."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from serversctl.storage.folder import FolderStore
from serversctl.storage.ports import Store
from serversctl.storage.s3 import S3Store
from support.servers.radosgw import ACCESS_KEY, SECRET_KEY, RadosGw


@pytest.fixture(scope="session")
def radosgw() -> Iterator[RadosGw]:
    with RadosGw() as server:
        yield server


@pytest.fixture
def bucket(radosgw: RadosGw, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new bucket, and the credentials in the environment, where boto3 looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    name = f"test-{secrets.token_hex(6)}"
    client(radosgw).create_bucket(Bucket=name)
    return name


def client(radosgw: RadosGw) -> Any:
    return boto3.session.Session().client(
        "s3", endpoint_url=radosgw.endpoint, region_name="us-east-1", aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    radosgw, name = request.getfixturevalue("radosgw"), request.getfixturevalue("bucket")
    return S3Store(radosgw.url(f"{name}/backups"))
