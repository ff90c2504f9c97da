"""Marks in Redis that tell intake who has a job waiting. The truth is in SQL; the marks are rebuilt from it."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import redis as redis_lib
from sqlalchemy import event
from sqlalchemy.orm import Session

from ..kernel.db import SessionFactory, reading
from .service.look import members_to_cancel, members_with_work

log = logging.getLogger(__name__)

PENDING, CANCEL = "jobs:pending", "jobs:cancel"


def raise_after_commit(session: Session, redis: redis_lib.Redis, key: str, member_id: UUID) -> None:
    """Raise the flag once the change is durable. A store that is away costs seconds: `rebuild` catches up."""

    def raise_flag(_session: Any) -> None:
        try:
            redis.sadd(key, str(member_id))
        except redis_lib.RedisError as why:
            log.warning("flag %s for %s not raised (%s); the rebuild will", key, member_id, why)

    event.listen(session, "after_commit", raise_flag, once=True)


def rebuild(sessions: SessionFactory, redis: redis_lib.Redis) -> None:
    """Make the flags agree with the database: after a loss of Redis, and to take down flags that are done.

    The flags are read first: one that is raised in between is not taken down.
    """
    for key, wanted_by in ((PENDING, members_with_work), (CANCEL, members_to_cancel)):
        raised = {_text(item) for item in redis.smembers(key)}
        with reading(sessions) as session:
            wanted = {str(member_id) for member_id in wanted_by(session)}
        if wanted - raised:
            redis.sadd(key, *sorted(wanted - raised))
        if raised - wanted:
            redis.srem(key, *sorted(raised - wanted))


def _text(item: bytes | str) -> str:
    return item if isinstance(item, str) else item.decode()
