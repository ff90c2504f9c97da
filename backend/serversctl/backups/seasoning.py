"""What jobs of this room get when an agent claims them: keys, and exact objects of the store."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..jobs.objects import Access, objects_of
from ..jobs.seasoning import seasons
from ..jobs.tables import Job
from ..kernel.sealed import Sealer
from ..members.tables import Member
from . import service
from .kinds import BACKUPS, READERS
from .service.taking import folder_of
from .tables import Snapshot

OWN = re.compile(r"manifest|packs/[0-9a-f]{32}")


def for_backup(session: Session, sealer: Sealer, job: Job, member: Member) -> dict[str, Any]:
    return service.begin(session, sealer, job, member)


def for_reading(session: Session, sealer: Sealer, job: Job, _member: Member) -> dict[str, Any]:
    return service.params_to_read(session, sealer, job)


def written(session: Session, job: Job, name: str, access: Access) -> str | None:
    """A backup writes its own snapshot's objects, and reads nothing."""
    if access is not Access.WRITE or not OWN.fullmatch(name):
        return None
    snapshot = session.scalar(
        select(Snapshot).where(Snapshot.job_id == job.id, Snapshot.attempt == job.attempt, Snapshot.state == "running")
    )
    return f"{folder_of(snapshot)}/{name}" if snapshot else None


def read(session: Session, job: Job, name: str, access: Access) -> str | None:
    return service.object_to_read(session, job, name) if access is Access.READ else None


for _command in BACKUPS:
    seasons(_command)(for_backup)
for _command in READERS:
    seasons(_command)(for_reading)
objects_of(*BACKUPS)(written)
objects_of(*READERS)(read)
