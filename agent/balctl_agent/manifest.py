"""The signed description of a release: what is in it, from when until when, and who says so."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re

from .answer import objects_in, whole
from .clock import parse_stamp
from .errors import UpdateRefused
from .files import ScratchFolder
from .procs import find_program, run_program
from .unzip import BUNDLE_NAMES

PRODUCT = "serversctl-agent"
BUNDLE_CAP_BYTES = 8 << 20
CLOCK_SLACK_SEC = 86400.0
ALGORITHMS = ("ecdsa-p256-sha256", "ed25519")
SHA256_HEX = re.compile(r"[0-9a-f]{64}")


class Manifest:
    """Checked fields of a manifest whose signature was verified."""

    __slots__ = ("created", "expires", "files", "generation", "min_version", "sha256", "size_bytes", "version")

    def __init__(self, value: dict[str, object]) -> None:
        if value.get("product") != PRODUCT:
            raise UpdateRefused(
                "wrong_product", f"the release is of {str(value.get('product'))[:60]!r}, not of {PRODUCT}"
            )
        version, size_bytes = whole(value.get("version"), 1, 2**31), whole(value.get("sizeBytes"), 1, BUNDLE_CAP_BYTES)
        minimum, generation = whole(value.get("minVersion"), 0, 2**31), whole(value.get("generation"), 0, 2**53)
        if version is None or minimum is None or generation is None or value.get("file") != "agent.zip":
            raise UpdateRefused(
                "manifest_malformed", "the manifest lacks a version, a minimum version, a generation or its file"
            )
        if size_bytes is None:
            raise UpdateRefused("oversized", f"the announced bundle is not between 1 and {BUNDLE_CAP_BYTES} bytes")
        self.version, self.min_version, self.generation, self.size_bytes = version, minimum, generation, size_bytes
        self.sha256 = str(value.get("sha256"))
        try:
            self.created, self.expires = parse_stamp(str(value.get("created"))), parse_stamp(str(value.get("expires")))
        except ValueError:
            raise UpdateRefused("manifest_malformed", "the manifest's dates are not UTC times") from None
        self.files: dict[str, tuple[int, str]] = {}
        for entry in objects_in(value.get("files"), 100):
            if isinstance(entry, dict):
                size = whole(entry.get("sizeBytes"), 0, BUNDLE_CAP_BYTES)
                if size is not None and SHA256_HEX.fullmatch(str(entry.get("sha256"))):
                    self.files[str(entry.get("name"))] = (size, str(entry["sha256"]))
        if set(self.files) != set(BUNDLE_NAMES) or not SHA256_HEX.fullmatch(self.sha256):
            raise UpdateRefused("bundle_names", "the manifest does not list exactly the seven files of a bundle")

    def check_bundle(self, data: bytes) -> None:
        if len(data) != self.size_bytes:
            raise UpdateRefused("wrong_size", f"agent.zip has {len(data)} bytes, the manifest says {self.size_bytes}")
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UpdateRefused("wrong_hash", "agent.zip is not the file that was signed")

    def check_files(self, files: dict[str, bytes]) -> None:
        for name, (_, digest) in self.files.items():
            if hashlib.sha256(files[name]).hexdigest() != digest:
                raise UpdateRefused("wrong_hash", f"{name} is not the file that was signed")

    def check_time(self, now: float) -> None:
        if now >= self.expires:
            raise UpdateRefused(
                "expired", "the manifest has expired: the server offers an old release, or this host's clock is wrong"
            )
        if self.created > now + CLOCK_SLACK_SEC:
            raise UpdateRefused("from_the_future", "the manifest is dated in the future: check this host's clock")


def canonical_bytes(manifest: dict[str, object]) -> bytes:
    """The bytes that are signed: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def open_signed(document: dict[str, object], keys_dir: str, scratch: str) -> Manifest:
    """The manifest, when one of this host's pinned keys signed it. UpdateRefused otherwise."""
    value, signatures = document.get("manifest"), objects_in(document.get("signatures"), 16)
    if not isinstance(value, dict):
        raise UpdateRefused("manifest_malformed", "agent.json holds no manifest")
    keys = pinned_keys(keys_dir)
    if not keys:
        raise UpdateRefused("no_keys", f"{keys_dir} holds no release key. Run balctl-agent.sh --enrol again to pin it.")
    if not signatures:
        raise UpdateRefused("unsigned", "agent.json carries no signature")
    message = canonical_bytes(value)
    for entry in signatures:
        if isinstance(entry, dict) and entry.get("algorithm") in ALGORITHMS and isinstance(entry.get("signature"), str):
            try:
                signature = base64.b64decode(entry["signature"], validate=True)
            except ValueError:
                continue
            if any(signature_fits(message, signature, str(entry["algorithm"]), key, scratch) for key in keys):
                return Manifest(value)
    raise UpdateRefused("bad_signature", "no pinned release key signed this manifest")


def pinned_keys(keys_dir: str) -> list[str]:
    try:
        return sorted(os.path.join(keys_dir, name) for name in os.listdir(keys_dir) if name.endswith(".pem"))
    except OSError:
        return []


def signature_fits(message: bytes, signature: bytes, algorithm: str, key_path: str, scratch: str) -> bool:
    """Ask the openssl program: the standard library verifies no signatures. Missing program: UpdateRefused, never a pass."""
    program = find_program("openssl")
    if not program:
        raise UpdateRefused(
            "openssl_missing", "the openssl program is needed to verify updates: install the package openssl"
        )
    with ScratchFolder(scratch) as folder:
        message_path, signature_path = os.path.join(folder, "message"), os.path.join(folder, "signature")
        for path, data in ((message_path, message), (signature_path, signature)):
            with open(path, "wb") as out:
                out.write(data)
        if algorithm == "ecdsa-p256-sha256":
            argv = [program, "dgst", "-sha256", "-verify", key_path, "-signature", signature_path, message_path]
        else:  # OpenSSL 3.0 or newer; 1.1.1 fails here, and the other signature counts
            argv = [
                program,
                "pkeyutl",
                "-verify",
                "-pubin",
                "-inkey",
                key_path,
                "-rawin",
                "-in",
                message_path,
                "-sigfile",
                signature_path,
            ]
        done = run_program(argv, 20.0)
    if algorithm == "ecdsa-p256-sha256" and "Verified OK" not in done.output:
        return False
    return done.ok
