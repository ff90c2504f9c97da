"""The agent's release as we serve it: the built bundle, described and signed with this installation's own key."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..kernel.errors import Unavailable
from ..kernel.sealed import Sealer

KEY_FILE = "release.key"
CONTEXT = "release_key:installation"
ALGORITHM = "ecdsa-p256-sha256"
# Signed anew at each start; an agent that keeps a copy longer than this refuses it (FAILURES A4, expired).
VALID_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Release:
    """What the three download addresses answer."""

    version: int
    archive: bytes
    document: bytes
    public_key: bytes
    sha256: str


def dist_folder(agent_dist: str) -> Path:
    """Where the built agent lies: named by the settings, beside the package, or in the source tree."""
    if agent_dist:
        return Path(agent_dist)
    package = Path(__file__).resolve().parents[1]
    beside = package / "agent_dist"
    return beside if (beside / "agent.zip").exists() else package.parents[1] / "agent" / "dist"


def built_version(agent_dist: str) -> int:
    """The version of the built agent, 0 when there is none."""
    try:
        return int(json.loads((dist_folder(agent_dist) / "agent.json").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def open_release(agent_dist: str, data_dir: Path, sealer: Sealer, now: datetime) -> Release:
    """The bundle with a manifest signed now. Raises Unavailable when the agent was not built."""
    folder = dist_folder(agent_dist)
    try:
        archive = (folder / "agent.zip").read_bytes()
        manifest: dict[str, Any] = json.loads((folder / "agent.json").read_text(encoding="utf-8"))["manifest"]
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise Unavailable("agent_not_built", f"The agent's bundle cannot be read ({why}): run `make agent`.") from why
    digest = hashlib.sha256(archive).hexdigest()
    if digest != manifest.get("sha256"):
        raise Unavailable("agent_not_built", "agent.zip is not the file that agent.json describes: run `make agent`.")
    manifest = {**manifest, "created": _stamp(now), "expires": _stamp(now + VALID_FOR)}
    key = release_key(data_dir, sealer)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    key_id = hashlib.sha256(public).hexdigest()[:16]
    signature = base64.b64encode(key.sign(canonical(manifest), ec.ECDSA(hashes.SHA256()))).decode()
    document = {
        "version": manifest["version"],
        "sha256": digest,
        "manifest": manifest,
        "signatures": [{"keyId": key_id, "algorithm": ALGORITHM, "signature": signature}],
        "keys": [{"keyId": key_id, "algorithm": ALGORITHM, "publicKey": public.decode()}],
    }
    return Release(int(manifest["version"]), archive, json.dumps(document, indent=1).encode(), public, digest)


def canonical(manifest: dict[str, Any]) -> bytes:
    """What the signature covers: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def release_key(data_dir: Path, sealer: Sealer) -> ec.EllipticCurvePrivateKey:
    """This installation's release key, made once, sealed with SERVERSCTL_SECRET_KEY in the data folder."""
    path = data_dir / KEY_FILE
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        text = _make(path, sealer)
    pem = sealer.open(text.strip(), CONTEXT).encode()
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no ECDSA key.")
    return key


def _make(path: Path, sealer: Sealer) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    text = sealer.seal(pem.decode(), CONTEXT)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(beside, path)  # the first of several workers wins, whole or not at all
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    return path.read_text(encoding="ascii")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
