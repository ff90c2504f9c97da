"""The hand-over of an event stream from the ordinary app, which checked the caller, to the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Response, request

ENVIRON_KEY = "serversctl.stream"


@dataclass(frozen=True, slots=True)
class StreamOrder:
    """What a caller may see and asked for."""

    account_id: UUID
    pool_id: UUID | None = None
    member_id: UUID | None = None
    last_id: str | None = None


def hand_over(order: StreamOrder) -> Response:
    """Leave the order for the server. Under a server that does not know it, the stream is empty and closes."""
    request.environ[ENVIRON_KEY] = order
    return Response(b"retry: 2000\n\n", content_type="text/event-stream", headers={"Cache-Control": "no-store"})
