"""E-mail addresses as recipients: checked for shape, without doubles."""

from __future__ import annotations

from typing import Any

from ..identity.rules import clean_email
from ..kernel.errors import Invalid

MOST = 20


def check_recipients(value: Any) -> tuple[str, ...]:
    """Cleaned addresses in the order given. Raises ValueError with the fix."""
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise ValueError("Use a list of e-mail addresses.")
    if len(value) > MOST:
        raise ValueError(f"Use at most {MOST} addresses.")
    try:
        return tuple(dict.fromkeys(clean_email(entry) for entry in value))
    except Invalid as why:
        raise ValueError(why.detail) from why
