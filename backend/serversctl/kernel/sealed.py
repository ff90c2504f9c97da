"""Secrets at rest: AES-256-GCM with a key derived per purpose and the row's identity as associated data."""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DOES_NOT_OPEN = "A stored secret does not open with SERVERSCTL_SECRET_KEY: restore the key it was sealed with."


class CannotOpen(Exception):
    """The sealed text was made with another key, for another row, or was changed."""


def derive(secret_key: str, purpose: str, size_bytes: int = 32) -> bytes:
    """A key of its own for each purpose (HKDF, RFC 5869), so that no two uses share one."""
    return HKDF(SHA256(), size_bytes, salt=None, info=purpose.encode()).derive(secret_key.encode())


class Sealer:
    """Seals with the first key and opens with any: that is how keys rotate."""

    def __init__(self, *secret_keys: str) -> None:
        if not secret_keys:
            raise ValueError("A Sealer needs at least one key.")
        self._keys: dict[str, AESGCM] = {}
        for secret_key in secret_keys:
            key = derive(secret_key, "sealed-v1")
            self._keys.setdefault(hashlib.sha256(key).hexdigest()[:8], AESGCM(key))
        self.key_id = next(iter(self._keys))

    def seal(self, plaintext: str, context: str) -> str:
        """`context` ties the text to its place (table, row, account): moved elsewhere it does not open."""
        nonce = secrets.token_bytes(12)
        box = self._keys[self.key_id].encrypt(nonce, plaintext.encode(), context.encode())
        return f"v1.{self.key_id}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def seal_bytes(self, data: bytes, context: str) -> bytes:
        """`seal` for files: `v1.<key id>.` in front of nonce and box."""
        nonce = secrets.token_bytes(12)
        return f"v1.{self.key_id}.".encode() + nonce + self._keys[self.key_id].encrypt(nonce, data, context.encode())

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        try:
            version, key_id, raw = sealed.split(b".", 2)
            if version != b"v1":
                raise ValueError(version)
            return self._keys[key_id.decode()].decrypt(raw[:12], raw[12:], context.encode())
        except (ValueError, KeyError, InvalidTag) as why:
            raise CannotOpen(DOES_NOT_OPEN) from why

    def open(self, sealed: str, context: str) -> str:
        try:
            version, key_id, text = sealed.split(".")
            raw = base64.urlsafe_b64decode(text)
            if version != "v1":
                raise ValueError(version)
            return self._keys[key_id].decrypt(raw[:12], raw[12:], context.encode()).decode()
        except (ValueError, KeyError, InvalidTag) as why:
            raise CannotOpen(DOES_NOT_OPEN) from why
