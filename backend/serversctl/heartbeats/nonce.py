"""Signed issue times: an agent that echoes one proves that its heartbeat is not older than that."""

from __future__ import annotations

import base64
import hashlib
import hmac

from ..kernel.sealed import derive

_REMEMBERED_MAX = 4096


class Nonces:
    """Nonces of this installation. All replicas share the key, so each can read the others'."""

    def __init__(self, secret_key: str) -> None:
        self._key = derive(secret_key, "heartbeat-nonce-v1")
        self._known: dict[str, float] = {}

    def issue(self, store_seconds: float) -> str:
        """A nonce that says: made at this moment of the store's clock."""
        stamp = f"{max(0, int(store_seconds * 1000)):x}"
        text = f"{stamp}.{self._mac(stamp)}"
        self._remember(text, int(stamp, 16) / 1000)
        return text

    def issued_at(self, echo: str) -> float | None:
        """The issue time in store seconds, or None when we did not make this nonce."""
        known = self._known.get(echo)
        if known is not None:
            return known
        stamp, _, mac = echo.partition(".")
        if not stamp or len(stamp) > 14 or not hmac.compare_digest(self._mac(stamp).encode(), mac.encode()):
            return None
        try:
            at = int(stamp, 16) / 1000
        except ValueError:
            return None
        self._remember(echo, at)
        return at

    def _mac(self, stamp: str) -> str:
        digest = hmac.digest(self._key, stamp.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:15]).decode()

    def _remember(self, text: str, at: float) -> None:
        if len(self._known) >= _REMEMBERED_MAX:
            for old in list(self._known)[: _REMEMBERED_MAX // 2]:
                del self._known[old]
        self._known[text] = at
