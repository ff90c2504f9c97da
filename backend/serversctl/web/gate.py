"""The heartbeat's short way: on the event loop, without a thread, a framework or SQL."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import msgspec

from ..heartbeats.intake import Intake, check_envelope, too_large
from ..heartbeats.messages import BODY_MAX_BYTES
from ..heartbeats.service import accept
from ..kernel.client_address import client_address
from ..kernel.errors import DomainError
from ..kernel.settings import Settings
from .bridge import Bridge, peer_of

PATH = "/api/agents/heartbeat"
OK = [("content-type", "application/json"), ("cache-control", "no-store")]


class Gate:
    """Answers `POST /api/agents/heartbeat` when nothing is unusual; the rest goes to the ordinary app."""

    def __init__(self, intake: Intake, settings: Settings, bridge: Bridge) -> None:
        self._intake = intake
        self._bridge = bridge
        self._header = settings.client_ip_header.lower()
        self._trusted = settings.trusted_proxies

    async def __call__(self, scope: Any, proto: Any) -> None:
        headers = scope.headers
        try:
            length = headers.get("content-length")
            check_envelope(int(length) if length is not None else None, headers.get("content-encoding"))
            body = await proto() if length is not None else await _capped(proto)
            values = headers.get_all(self._header) if self._header else ()
            source = client_address(peer_of(scope), values, self._trusted, bool(self._header))
            answer = accept(self._intake, headers.get("authorization"), source, body)
        except DomainError as why:
            refuse(proto, why)
            return
        if answer is None:
            await self._bridge(scope, proto, body)
        else:
            proto.response_bytes(200, OK, answer)


async def _capped(proto: Any) -> bytes:
    """A body of undeclared length, read only as far as it may be long."""
    body = b""
    async for chunk in proto:
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            raise too_large()
    return body


def refuse(proto: Any, why: DomainError) -> None:
    """The same problem document that the ordinary app makes."""
    document: dict[str, Any] = {
        "type": f"urn:serversctl:problem:{why.code}",
        "title": HTTPStatus(why.status).phrase,
        "status": why.status,
        "code": why.code,
        "detail": why.detail,
    }
    if why.errors:
        document["errors"] = why.errors
    document.update(why.extra)
    headers = [("content-type", "application/problem+json"), ("cache-control", "no-store")]
    wait = getattr(why, "retry_after_sec", None)
    if wait is not None:
        headers.append(("retry-after", str(max(1, math.ceil(wait)))))
    proto.response_bytes(why.status, headers, msgspec.json.encode(document))
