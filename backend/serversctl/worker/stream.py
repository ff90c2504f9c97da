"""Events for the browsers: one capped Redis stream for each account, read by `/api/events`."""

from __future__ import annotations

import json
import logging
from uuid import UUID

import redis as redis_lib

from ..kernel.outbox import OutboxEvent

log = logging.getLogger(__name__)

KEPT_EVENTS, KEPT_SEC = 1000, 86400
# Mails with links to reset a password are nobody's news but the receiver's.
PRIVATE = ("identity.",)


def stream_key(account_id: UUID) -> str:
    return f"ev:{account_id}"


def publish(redis: redis_lib.Redis, event: OutboxEvent) -> None:
    """Append to the account's stream. A store that is away costs browsers one reload, nothing else."""
    if event.account_id is None or event.kind.startswith(PRIVATE):
        return
    news = {
        "id": str(event.id),
        "kind": event.kind,
        "poolId": str(event.pool_id) if event.pool_id else None,
        "memberId": str(event.member_id) if event.member_id else None,
        "at": event.created_at.isoformat().replace("+00:00", "Z"),
        "payload": {name: value for name, value in event.payload.items() if not name.endswith("Sealed")},
    }
    key = stream_key(event.account_id)
    try:
        pipe = redis.pipeline(transaction=False)
        pipe.xadd(key, {"data": json.dumps(news)}, maxlen=KEPT_EVENTS, approximate=True)
        pipe.expire(key, KEPT_SEC)
        pipe.execute()
    except redis_lib.RedisError as why:
        log.warning("event %s not streamed: %s", event.kind, why)
