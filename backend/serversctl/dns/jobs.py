"""What the worker does for DNS by the clock: walk each pool's way to its provider before it is needed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from ..kernel.db import database_now, reading
from .keeper import keeper_of
from .tables import DnsPreflight, PoolDns

log = logging.getLogger(__name__)

PREFLIGHT_EVERY_SEC = 900
WRITE_EVERY = timedelta(hours=24)


def preflight_all(wiring: Any) -> None:
    """Every pool's pre-flight (R11), with a write where the last one is a day old. One bad pool stops no other."""
    keeper = keeper_of(wiring)
    with reading(wiring.sessions) as session:
        now = database_now(session)
        wrote = (
            select(DnsPreflight.pool_id, func.max(DnsPreflight.at).label("at"))
            .where(DnsPreflight.wrote)
            .group_by(DnsPreflight.pool_id)
            .subquery()
        )
        rows = session.execute(
            select(PoolDns.pool_id, wrote.c.at).outerjoin(wrote, wrote.c.pool_id == PoolDns.pool_id)
        ).all()
    for pool_id, at in rows:
        try:
            keeper.preflight(pool_id, write=at is None or now - at >= WRITE_EVERY)
        except Exception:
            log.exception("the pre-flight of pool %s broke", pool_id)


PERIODIC = [("dns-preflight", PREFLIGHT_EVERY_SEC, preflight_all)]
