"""After a restore from an older backup: nothing that the old state would still do may happen by itself.

The world went on after the backup was made: names moved, jobs ran, people left. Agents refuse jobs of a lower
generation, epochs jump over all that were ever used, and a person decides what goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, delete, update
from sqlalchemy.orm import Session

from ..failover.tables import FailoverHalt, FailoverIntent, MonitorLease
from ..identity import audit
from ..identity.tables import MailedToken, UserSession
from ..jobs.service import hold_open
from ..kernel.db import database_now
from ..kernel.outbox import OutboxEvent
from ..members.tables import DirectoryRevision
from ..pools.tables import Pool

EPOCH_STEP = 1_000_000
REASON = "restored from a backup"
HALT = (
    "The control plane was restored from a backup of {made_at}. See that each pool's record holds the member that "
    "serves, then run `serversctl failover resume`."
)


def fence(session: Session, *, made_at: str) -> Mapping[str, int]:
    """Counts of what was stopped, for the operator; one transaction of the caller's."""
    now = database_now(session)
    revision = session.get(DirectoryRevision, 1)
    if revision is None:
        revision = DirectoryRevision(id=1, revision=0, generation=1)
        session.add(revision)
    revision.generation += 1
    revision.revision += 1
    pools = _count(session, update(Pool).values(epoch=Pool.epoch + EPOCH_STEP))
    session.merge(FailoverHalt(id=1, reason=HALT.format(made_at=made_at), since=now))
    session.execute(
        update(FailoverIntent).where(FailoverIntent.state == "open").values(state="superseded", done_at=now)
    )
    session.execute(update(MonitorLease).values(epoch=MonitorLease.epoch + EPOCH_STEP, released=True))
    jobs = hold_open(session, REASON)
    sessions = _count(session, delete(UserSession))
    session.execute(delete(MailedToken))
    news = _count(session, update(OutboxEvent).where(OutboxEvent.done_at.is_(None)).values(done_at=now))
    counts = {"generation": revision.generation, "pools": pools, "jobs": jobs, "sessions": sessions, "news": news}
    audit.record(
        session,
        audit.SYSTEM,
        "installation.restored",
        account_id=None,
        target_type="installation",
        target_id=None,
        details={"madeAt": made_at, **counts},
    )
    return counts


def _count(session: Session, statement: Executable) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
