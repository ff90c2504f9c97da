"""The worker's side: what arrived is checked, plans are kept, snapshots are proved, old ones go."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ..identity.audit import SYSTEM
from ..jobs import service as jobs
from ..jobs.catalogue import Catalogue, load
from ..kernel.db import reading, unit_of_work
from ..kernel.errors import DomainError
from ..kernel.outbox import OutboxEvent
from ..members.tables import Member
from ..pools.tables import Pool
from . import service
from .kinds import BACKUPS
from .tables import Snapshot

log = logging.getLogger(__name__)

RECORD, SWEEP, LOOK = "backups.record", "backups.sweep", "backups.look"
UNFINISHED_SEC = 24 * 3600


def _catalogue(wiring: Any) -> Catalogue:
    made = wiring.hooks.get("jobs_catalogue")
    found: Catalogue = made() if made else load(wiring.settings.agent_dist)
    return found


def on_job(wiring: Any, event: OutboxEvent) -> None:
    command, job_id = event.payload["command"], event.payload["jobId"]
    if command in BACKUPS:
        wiring.hooks["enqueue"](RECORD, job_id, key=f"backup-record-{job_id}", timeout_sec=300)
    elif command == "backup.verify":
        with unit_of_work(wiring.sessions) as session:
            service.record_proof(session, UUID(job_id))


def record(wiring: Any, job_id: str) -> None:
    """Check what arrived, then let go what the plan does not keep. A store that is away is asked again by `catch_up`."""
    with unit_of_work(wiring.sessions) as session:
        snapshot = service.record(session, wiring.sealer, wiring.store, UUID(job_id))
        if snapshot is not None and snapshot.state in {"complete", "partial"}:
            service.retain(session, snapshot.member_id, snapshot.account_id, snapshot.kind)


def catch_up(wiring: Any) -> None:
    """Snapshots whose job ended and that nobody recorded."""
    with reading(wiring.sessions) as session:
        waiting = list(session.scalars(select(Snapshot.job_id).where(Snapshot.state == "running").limit(500)))
        ended = [job_id for job_id in waiting if (job := jobs.get_job(session, job_id)) is None or job.ended_at]
    for job_id in ended:
        wiring.hooks["enqueue"](RECORD, str(job_id), key=f"backup-record-{job_id}", timeout_sec=300)


def keep_plans(wiring: Any) -> None:
    with reading(wiring.sessions) as session:
        due = service.due_plans(session)
    for member_id, slot in due:
        with unit_of_work(wiring.sessions) as session:
            service.order_plan(session, _catalogue(wiring), member_id, slot)


def prove(wiring: Any) -> None:
    """Order the weekly proofs."""
    with reading(wiring.sessions) as session:
        wanted = [snapshot.id for snapshot in service.to_prove(session)]
    for snapshot_id in wanted:
        with unit_of_work(wiring.sessions) as session:
            snapshot = session.get(Snapshot, snapshot_id, with_for_update=True)
            member = session.get(Member, snapshot.member_id) if snapshot else None
            if snapshot is None or member is None or snapshot.verify_job_id is not None:
                continue
            try:
                job = jobs.order(
                    session, command=_catalogue(wiring).find("backup.verify"), params={"snapshotId": str(snapshot.id)},
                    actor=SYSTEM, pool=session.get_one(Pool, member.pool_id), member=member,
                ).job  # fmt: skip
            except DomainError as why:
                log.info("snapshot %s is not proved now: %s", snapshot_id, why.detail)
                continue
            snapshot.verify_job_id = job.id


def want_sweep(wiring: Any) -> None:
    wiring.hooks["enqueue"](SWEEP, key="backups-sweep", timeout_sec=900)


def sweep(wiring: Any) -> None:
    """Remove what was held long enough, and what broken uploads left behind."""
    with reading(wiring.sessions) as session:
        due = service.due_for_removal(session)
    for snapshot_id in due:
        with unit_of_work(wiring.sessions) as session:
            service.remove(session, wiring.store, snapshot_id)
    wiring.store.abort_unfinished(UNFINISHED_SEC)


def want_look(wiring: Any) -> None:
    wiring.hooks["enqueue"](LOOK, key="backups-look", timeout_sec=900)


def look(wiring: Any) -> None:
    """Once a day: are the objects of all snapshots still there, and does somebody need each object?"""
    with reading(wiring.sessions) as session:
        ids = list(session.scalars(select(Snapshot.id).where(Snapshot.state.in_(["complete", "partial"]))))
    for snapshot_id in ids:
        with unit_of_work(wiring.sessions) as session:
            snapshot = session.get(Snapshot, snapshot_id)
            if snapshot is not None:
                service.look_at_objects(session, wiring.store, snapshot)
    with unit_of_work(wiring.sessions) as session:
        count = service.remove_orphans(session, wiring.store)
    if count:
        log.warning("%d objects that no snapshot needs were removed from the store", count)


SUBSCRIPTIONS = {f"job.{state}": on_job for state in ("completed", "failed", "cancelled", "timed_out", "unknown")}
PERIODIC = [
    ("backup-record", 30, catch_up),
    ("backup-plans", 15, keep_plans),
    ("backup-proofs", 600, prove),
    ("backup-sweep", 3600, want_sweep),
    ("backup-look", 24 * 3600, want_look),
]
TASKS = {RECORD: record, SWEEP: sweep, LOOK: look}
