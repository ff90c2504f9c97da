"""Identifiers and random secrets."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4


def new_id() -> UUID:
    return uuid4()


def new_secret_hex(size_bytes: int = 24) -> str:
    """Random lower-case hexadecimal; the default 24 bytes are the 48 characters of an enrolment secret."""
    return secrets.token_hex(size_bytes)
