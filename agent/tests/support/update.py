"""A release of the built agent, signed, and spoilt on request."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

from .certs import make_key, openssl
from .control import stamp
from .form import BUILT_FILE, agent

PROGRAM = "/usr/local/bin/balctl_heartbeat.py"
PYTHON = [sys.executable, "-I", "-S"]


class Release:
    """A release of the built agent with another version number, signed, and spoilt on request."""

    def __init__(self, folder: str, version: int = 101, source: str | None = None) -> None:
        with open(BUILT_FILE) as built:
            text = built.read()
        self.source = source or text.replace("AGENT_VERSION = 100", f"AGENT_VERSION = {version}")
        self.version = version
        self.key, self.public = make_key(folder, "release")
        self.folder = folder
        self.extra: list[tuple[str, bytes, int]] = []
        self.manifest_changes: dict[str, object] = {}
        self.algorithm = "ecdsa-p256-sha256"
        self.unit = b"text\n"

    def files(self) -> dict[str, bytes]:
        names = dict.fromkeys(agent.BUNDLE_NAMES, b"text\n")
        names["balctl_heartbeat.py"] = self.source.encode()
        names["balctl-heartbeat.service"] = self.unit
        return names

    def archive(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.files().items():
                archive.writestr(name, data)
            for name, data, mode in self.extra:
                entry = zipfile.ZipInfo(name)
                entry.create_system = 3
                entry.external_attr = mode << 16
                archive.writestr(entry, data)
        return out.getvalue()

    def manifest(self, archive: bytes) -> dict[str, object]:
        return {
            "product": "serversctl-agent", "version": self.version, "minVersion": 100, "created": stamp(-3600), "expires": stamp(86400), "file": "agent.zip",
            "sizeBytes": len(archive), "sha256": hashlib.sha256(archive).hexdigest(), "generation": 1,
            "files": [{"name": n, "sizeBytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for n, d in self.files().items()],
            **self.manifest_changes,
        }  # fmt: skip

    def sign(self, manifest: dict[str, object], key: str | None = None) -> list[dict[str, str]]:
        message, out = os.path.join(self.folder, "m"), os.path.join(self.folder, "s")
        with open(message, "wb") as file:
            file.write(json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
        if self.algorithm == "ed25519":
            openssl("pkeyutl", "-sign", "-inkey", key or self.key, "-rawin", "-in", message, "-out", out)
        else:
            openssl("dgst", "-sha256", "-sign", key or self.key, "-out", out, message)
        with open(out, "rb") as file:
            return [{"keyId": "x", "algorithm": self.algorithm, "signature": base64.b64encode(file.read()).decode()}]

    def offer(self, control, host, pin: bool = True) -> tuple[bytes, dict[str, object]]:
        archive = self.archive()
        manifest = self.manifest(archive)
        document = {
            "version": self.version,
            "sha256": manifest["sha256"],
            "manifest": manifest,
            "signatures": self.sign(manifest),
        }
        control.files["/download/agent.zip"] = archive
        control.files["/download/agent.json"] = json.dumps(document).encode()
        if pin:
            with open(self.public) as key:
                host.write("/etc/balctl/update-keys/release.pem", key.read())
        return archive, document


def version_of(command: list[str]) -> str:
    return subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
