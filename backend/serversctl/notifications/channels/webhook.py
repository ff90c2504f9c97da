"""Webhook: the message as signed JSON, posted through the guarded client."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from ...kernel.errors import DomainError
from ...kernel.outbound import AnswerTooLarge, CannotResolve, OutboundRefused, parse_url
from ..ports import DeliveryFailed, Parcel, Tools, channel, option

TIMEOUT_SEC = 10.0
SIGNATURE = "X-ServersCTL-Signature"


def check_url(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise ValueError("Use an address that begins with https://.")
    try:
        url = parse_url(value)
    except DomainError as why:
        raise ValueError(why.detail) from why
    if not url.host or url.userinfo:
        raise ValueError("Use an address with a host name, without user name and password.")
    return str(url)


def check_secret(value: Any) -> str:
    if not isinstance(value, str) or not 16 <= len(value) <= 200 or not value.isprintable():
        raise ValueError("Use 16 to 200 printable characters, for example from `openssl rand -hex 32`.")
    return value


@dataclass(frozen=True, slots=True)
class Config:
    """Where to, and the key of the signature."""

    url: str = option("Address", "https:// address that takes a POST", check=check_url)
    secret: str = option(
        "Signing secret", "Both sides know it; at least 16 characters", secret=True, check=check_secret
    )


@channel
class Webhook:
    """`X-ServersCTL-Signature: t=<unix seconds>,v1=<hex>`; v1 = HMAC-SHA256(secret, "<t>." + body)."""

    kind: ClassVar[str] = "webhook"
    title: ClassVar[str] = "Webhook"
    config_class: ClassVar[type[Any]] = Config

    def __init__(self, config: Config, tools: Tools) -> None:
        self._config = config
        self._outbound = tools.outbound
        self._now = tools.now

    def send(self, parcel: Parcel) -> None:
        body = body_of(parcel)
        stamp = int(self._now())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "serversctl-webhook/1",
            "Idempotency-Key": parcel.dedupe_id,
            SIGNATURE: f"t={stamp},v1={signature(self._config.secret, stamp, body)}",
        }
        try:
            with self._outbound.client(timeout_sec=TIMEOUT_SEC) as client:
                answer = client.post(self._config.url, content=body, headers=headers)
        except OutboundRefused as why:
            raise DeliveryFailed(why.detail, permanent=True) from why
        except CannotResolve as why:
            raise DeliveryFailed(why.detail) from why
        except AnswerTooLarge:
            return  # it was taken; what it says does not interest us
        except httpx.HTTPError as why:
            raise DeliveryFailed(f"{self._host()} does not answer: {type(why).__name__}: {why}"[:500]) from why
        if answer.status_code >= 300:
            retry = answer.status_code in {408, 425, 429} or answer.status_code >= 500
            raise DeliveryFailed(f"{self._host()} answers {answer.status_code}.", permanent=not retry)

    def _host(self) -> str:
        return httpx.URL(self._config.url).host


def body_of(parcel: Parcel) -> bytes:
    message = parcel.message
    return json.dumps(
        {
            "id": parcel.dedupe_id,
            "kind": message.kind,
            "severity": message.severity,
            "subject": message.subject,
            "lines": list(message.lines),
            "link": message.link or None,
            "at": parcel.at,
        },
        separators=(",", ":"),
    ).encode()


def signature(secret: str, stamp: int, body: bytes) -> str:
    """Receivers compute the same, compare in constant time and refuse stamps older than five minutes."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
