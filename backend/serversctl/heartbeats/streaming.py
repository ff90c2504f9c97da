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
    beats_of: tuple[UUID, ...] = ()
    """Pools whose heartbeats are wanted beside the events of the whole account."""
    last_id: str | None = None

    def boards(self) -> tuple[tuple[UUID, UUID | None], ...]:
        """The pools, or members of them, whose heartbeats go along."""
        named = ((self.pool_id, self.member_id),) if self.pool_id is not None else ()
        return named + tuple((pool_id, None) for pool_id in self.beats_of if (pool_id, None) not in named)


def hand_over(order: StreamOrder) -> Response:
    """Leave the order for the server. Under a server that does not know it, the stream is empty and closes."""
    request.environ[ENVIRON_KEY] = order
    return Response(b"retry: 2000\n\n", content_type="text/event-stream", headers={"Cache-Control": "no-store"})
