"""The agent's release: described, signed with this installation's key, and checkable by openssl alone."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.errors import Unavailable
from serversctl.kernel.sealed import CannotOpen, Sealer
from serversctl.members.release import built_version, canonical, open_release
from sqlalchemy import Engine
from support.api import make_api

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SEALER = Sealer("k" * 32)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    archive = b"PK a bundle"
    manifest = {"product": "serversctl-agent", "version": 7, "file": "agent.zip", "note": "é",
                "sha256": hashlib.sha256(archive).hexdigest(), "sizeBytes": len(archive), "created": "x", "expires": "y"}  # fmt: skip
    (folder / "agent.zip").write_bytes(archive)
    (folder / "agent.json").write_text(json.dumps({"version": 7, "manifest": manifest, "signatures": [], "keys": []}))
    return folder


def verified(document: dict[str, Any], public: bytes, tmp_path: Path) -> bool:
    (tmp_path / "m").write_bytes(canonical(document["manifest"]))
    (tmp_path / "s").write_bytes(base64.b64decode(document["signatures"][0]["signature"]))
    (tmp_path / "k.pem").write_bytes(public)
    ran = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", tmp_path / "k.pem", "-signature", tmp_path / "s", tmp_path / "m"],
        capture_output=True, check=False,
    )  # fmt: skip
    return ran.returncode == 0


def test_openssl_confirms_the_signature_and_refuses_a_changed_manifest(dist: Path, tmp_path: Path) -> None:
    release = open_release(str(dist), tmp_path, SEALER, NOW)
    document = json.loads(release.document)
    assert (document["version"], document["sha256"]) == (7, release.sha256)
    assert document["signatures"][0]["algorithm"] == "ecdsa-p256-sha256"
    assert document["keys"][0]["publicKey"].encode() == release.public_key
    assert verified(document, release.public_key, tmp_path)
    document["manifest"]["version"] = 8
    assert not verified(document, release.public_key, tmp_path)


def test_the_manifest_is_dated_when_it_is_signed(dist: Path, tmp_path: Path) -> None:
    manifest = json.loads(open_release(str(dist), tmp_path, SEALER, NOW).document)["manifest"]
    assert manifest["created"] == "2026-01-02T03:04:05Z"
    assert manifest["expires"] == "2026-02-01T03:04:05Z"


def test_the_key_stays_the_same_and_lies_sealed_for_its_owner_alone(dist: Path, tmp_path: Path) -> None:
    first = open_release(str(dist), tmp_path, SEALER, NOW)
    second = open_release(str(dist), tmp_path, SEALER, NOW + timedelta(days=1))
    assert first.public_key == second.public_key
    key = tmp_path / "release.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" not in key.read_text()
    with pytest.raises(CannotOpen):
        open_release(str(dist), tmp_path, Sealer("x" * 32), NOW)


def test_a_bundle_that_is_not_the_described_one_is_not_offered(dist: Path, tmp_path: Path) -> None:
    (dist / "agent.zip").write_bytes(b"another")
    with pytest.raises(Unavailable) as caught:
        open_release(str(dist), tmp_path, SEALER, NOW)
    assert "make agent" in caught.value.detail


def test_without_a_built_agent_the_download_says_what_to_run(engine: Engine, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    api = make_api(engine, SystemClock(), data_dir=tmp_path, agent_dist=str(empty))
    answer = api.anonymous().get("/download/agent.zip")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "agent_not_built")
    assert built_version(str(empty)) == 0


def test_the_three_downloads_are_public(engine: Engine, dist: Path, tmp_path: Path) -> None:
    api = make_api(engine, SystemClock(), data_dir=tmp_path, agent_dist=str(dist))
    client = api.anonymous()
    archive = client.get("/download/agent.zip")
    document = client.get("/download/agent.json").get_json()
    assert hashlib.sha256(archive.data).hexdigest() == document["sha256"]
    assert client.get("/download/update-key.pem").data.startswith(b"-----BEGIN PUBLIC KEY-----")
    assert client.get("/download/agent.zip", headers={"If-None-Match": archive.headers["ETag"]}).status_code in {
        200,
        304,
    }
