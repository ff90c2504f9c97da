"""Random texts that we hand out, and the hashes that we keep of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

TOKEN_PREFIX = "sctl_"  # noqa: S105
RECOVERY_CODES = 10


def new_opaque() -> str:
    """256 random bits, safe in cookies and links."""
    return secrets.token_urlsafe(32)


def hashed(text: str) -> str:
    """What the database keeps of a random text. The texts have 80 bits and more, so a plain hash suffices."""
    return hashlib.sha256(text.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def new_api_token() -> tuple[str, str, str]:
    """(key id, secret, the whole text). Only hexadecimal, so that a double click selects all of it."""
    key_id, secret = secrets.token_hex(8), secrets.token_hex(24)
    return key_id, secret, f"{TOKEN_PREFIX}{key_id}_{secret}"


def split_api_token(text: str) -> tuple[str, str] | None:
    """(key id, secret), or None when the text does not have the form."""
    key_id, _, secret = text.removeprefix(TOKEN_PREFIX).partition("_")
    good = text.startswith(TOKEN_PREFIX) and len(key_id) == 16 and len(secret) == 48 and text.isascii()
    return (key_id, secret) if good else None


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 bits, like `k3f2-a7qd-…`, without letters that are read wrong."""
    raw = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[i : i + 4] for i in range(0, 16, 4)) for text in raw]


def plain_recovery_code(text: str) -> str:
    """As typed by a person: spaces, dashes and capitals do not matter."""
    letters = "".join(text.lower().split()).replace("-", "")
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))
