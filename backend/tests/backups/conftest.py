"""A pool with two edges, a folder as store, and an agent played here: it claims, writes a snapshot and reports."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from serversctl.backups import jobs as room
from serversctl.backups import seasoning  # noqa: F401
from serversctl.backups.tables import Snapshot
from serversctl.identity.audit import SYSTEM
from serversctl.jobs import service as job_service
from serversctl.jobs.catalogue import Catalogue, agent_folders, read_agent_commands, read_own_commands
from serversctl.jobs.objects import Access, key_for
from serversctl.jobs.rules import Ending
from serversctl.jobs.seasoning import params_for_agent
from serversctl.jobs.tables import Job
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.members.tables import Member
from serversctl.pools.service import create_pool
from serversctl.storage.folder import FolderStore
from sqlalchemy import Engine, select
from support.api import Api, Client, make_api
from support.snapshots import SnapshotWriter

CONFIG = b"global\n    maxconn 100\n"
Change = Callable[[SnapshotWriter, dict[str, Any]], None]


@dataclass
class Site:
    api: Api
    client: Client
    ids: list[UUID]
    store: FolderStore
    writers: dict[str, SnapshotWriter] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.open(path, method=method, json=body)
        assert answer.status_code == status, answer.text
        return answer.get_json() if answer.is_json else answer.data

    def member(self, what: str, number: int = 0) -> str:
        return f"/api/members/{self.ids[number]}/{what}"

    def claim(self, job_id: str) -> tuple[Job, dict[str, Any]]:
        """The job as its agent gets it, with the secrets."""
        with unit_of_work(self.api.wiring.sessions) as session:
            job = session.get_one(Job, UUID(job_id))
            claimed = job_service.claim(session, job.id, job.member_id).job
            member = session.get_one(Member, job.member_id)
            return claimed, params_for_agent(session, self.api.wiring.sealer, claimed, member)

    def send(self, job: Job, name: str, data: bytes) -> None:
        with unit_of_work(self.api.wiring.sessions) as session:
            key = key_for(session, session.get_one(Job, job.id), name, Access.WRITE)
        self.store.put(key, [data], size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())

    def finish(self, job: Job, result: Any = None, error: str | None = None) -> None:
        ending = Ending.FAILED if error else Ending.COMPLETED
        with unit_of_work(self.api.wiring.sessions) as session:
            report = job_service.Report(ending, result=result, error=error)
            job_service.complete(session, job.id, job.member_id, job.attempt, report)
        room.record(self.api.wiring, str(job.id))

    def back_up(self, number: int = 0, *, change: Change | None = None, files: dict[str, bytes] | None = None) -> str:
        """A whole backup; `change` spoils it before it is sent. Answers the snapshot's id."""
        ordered = self.ask("POST", self.member("snapshots", number), {"kind": "haproxy"}, 202)
        job, params = self.claim(ordered["id"])
        writer = SnapshotWriter(params["backupKey"], params["snapshotId"], params["memberId"])
        base = self.writers.get(params["baseSnapshotId"])
        if base is not None and files is None:
            writer.reuse(base)
        else:
            for path, data in (files or {"/etc/haproxy/haproxy.cfg": CONFIG}).items():
                writer.add(path, data)
        result = writer.finish()
        if change is not None:
            change(writer, result)
        for name, data in writer.objects.items():
            self.send(job, name, data)
        self.writers[writer.snapshot_id] = writer
        self.finish(job, result)
        return writer.snapshot_id

    def snapshot(self, snapshot_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/api/snapshots/{snapshot_id}")
        return found

    def row(self, snapshot_id: str) -> Snapshot:
        with unit_of_work(self.api.wiring.sessions) as session:
            return session.get_one(Snapshot, UUID(snapshot_id))

    def change(self, snapshot_id: str, **values: Any) -> None:
        with unit_of_work(self.api.wiring.sessions) as session:
            row = session.get_one(Snapshot, UUID(snapshot_id))
            for name, value in values.items():
                setattr(row, name, value)

    def jobs(self, command: str) -> list[Job]:
        with unit_of_work(self.api.wiring.sessions) as session:
            return list(session.scalars(select(Job).where(Job.command == command).order_by(Job.created_at)))


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    api = make_api(engine, SystemClock())
    store = FolderStore(tmp_path / "objects")
    api.wiring._store = store
    catalogue = Catalogue(read_agent_commands(agent_folders("")) + read_own_commands())
    api.wiring.hooks["jobs_catalogue"] = lambda: catalogue
    api.wiring.hooks["member_facts"] = lambda _member_id: None
    api.wiring.hooks["enqueue"] = lambda *_args, **_how: True
    with unit_of_work(api.wiring.sessions) as session:
        pool = create_pool(session, api.mine.account_id, SYSTEM, name="edge", template="haproxy")
        members = [
            Member(
                account_id=pool.account_id, pool_id=pool.id, hostname=f"edge-{number}.example.com",
                display_name=f"edge-{number}", template="haproxy_edge", linux_family="debian", allowed_ips=[],
                public_ips=[], secret_hash=f"{number}" * 64, created_at=pool.created_at,
            )
            for number in range(2)
        ]  # fmt: skip
        session.add_all(members)
        session.flush()
        ids = [member.id for member in members]
    return Site(api, api.client_as("owner"), ids, store)
