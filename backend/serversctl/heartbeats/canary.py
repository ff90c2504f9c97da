"""The monitor's own heartbeat: it proves that the way from the door to the store is open (FAILURES R1)."""

from __future__ import annotations

import hashlib

from ..kernel.sealed import derive

HOSTNAME = "canary"
BODY = b'{"hostname":"canary"}'


def token(secret_key: str) -> str:
    """The credential that only this installation can make: 48 hex characters, like a member's."""
    return derive(secret_key, "canary-v1", 24).hex()


def digest(secret_key: str) -> bytes:
    return hashlib.sha256(token(secret_key).encode()).digest()
