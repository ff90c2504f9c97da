"""One delivery's steps around the send: take it, then record how it went."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ..rules import ATTEMPTS, retry_delay_sec
from ..tables import Delivery

# A sender that died gives its delivery back after this long.
TAKEN_SEC = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a send went. `error` is None when the other side took it."""

    error: str | None = None
    permanent: bool = False


def take(session: Session, delivery_id: UUID) -> Delivery | None:
    """Take a waiting delivery that is due, or None when somebody else was first."""
    now = database_now(session)
    taken = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "waiting", Delivery.next_try_at <= now)
        .values(attempts=Delivery.attempts + 1, next_try_at=now + timedelta(seconds=TAKEN_SEC))
    )
    assert isinstance(taken, CursorResult)  # noqa: S101
    if taken.rowcount == 0:
        return None
    return session.scalar(select(Delivery).where(Delivery.id == delivery_id).execution_options(populate_existing=True))


def record(session: Session, delivery: Delivery, outcome: Outcome, chance: random.Random | None = None) -> str:
    """Sent, tried again later with a growing pause, or failed for good. Returns the new state."""
    now = database_now(session)
    values: dict[str, object] = {"last_error": outcome.error, "next_try_at": None}
    if outcome.error is None:
        values |= {"state": "sent", "sent_at": now}
        if "sealed" in delivery.message:
            values["message"] = {"subject": delivery.message["subject"], "lines": []}
    elif outcome.permanent or delivery.attempts >= ATTEMPTS:
        values["state"] = "failed"
    else:
        values["state"] = "waiting"
        pause = retry_delay_sec(delivery.attempts, chance or random.Random())  # noqa: S311
        values["next_try_at"] = now + timedelta(seconds=pause)
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.state == "waiting", Delivery.attempts == delivery.attempts)
        .values(values)
    )
    return str(values["state"])
