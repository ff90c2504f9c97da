"""The seal on a job that its agent checks before it runs (threat T8)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

PURPOSE = b"serversctl-job-v1"
SEALED_FIELDS = ("memberId", "jobId", "attempt", "generation", "expiresAt", "command", "params")


def key_from(secret_hash: str) -> bytes:
    """The member's key, from the SHA-256 (hexadecimal) of its enrolment secret."""
    return hmac.new(bytes.fromhex(secret_hash), PURPOSE, hashlib.sha256).digest()


def seal(secret_hash: str, fields: Mapping[str, Any]) -> str:
    """HMAC-SHA256 over the canonical JSON of exactly the sealed fields, in hexadecimal."""
    sealed = {name: fields[name] for name in SEALED_FIELDS}
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(key_from(secret_hash), text.encode(), hashlib.sha256).hexdigest()
