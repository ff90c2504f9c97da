"""A pool with two edges whose agents are played here: they read, check and apply files that live in a dictionary."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from serversctl.haproxy import jobs as room
from serversctl.identity.audit import SYSTEM
from serversctl.jobs import jobs as job_worker
from serversctl.jobs import service as job_service
from serversctl.jobs.catalogue import AGENT, Catalogue, agent_folders, read_agent_commands, read_own_commands
from serversctl.jobs.rules import Ending
from serversctl.jobs.tables import Job
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.outbox import OutboxEvent
from serversctl.members.tables import Member
from serversctl.pools.service import create_pool
from serversctl.workflows import jobs as flow_worker
from serversctl.workflows import service as workflows
from sqlalchemy import Engine, select
from support.api import Api, Client, make_api

MAIN, APP = "/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d/10-app.cfg"
FIRST = {
    MAIN: "global\n    stats socket /run/haproxy/admin.sock level admin\n",
    APP: "backend app\n    server s1 10.0.0.1:80\n",
}
QUIET = {"seconds": 5, "backendsUp": 1, "backendsDown": [], "requests": 1000, "errors5xx": 1, "sessionsPerSec": 50.0}


def fingerprint(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


@dataclass
class Edges:
    """`live` holds the files of each host; `samples` what its traffic looks like, one after the other."""

    api: Api
    client: Client
    pool_id: UUID
    ids: list[UUID]
    live: dict[UUID, dict[str, str]] = field(default_factory=dict)
    samples: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    refuses: set[UUID] = field(default_factory=set)
    ran: list[tuple[str, UUID | None]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.open(path, method=method, json=body)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def member(self, what: str = "", number: int = 0) -> str:
        return f"/api/members/{self.ids[number]}/haproxy{what}"

    def imported(self, number: int = 0) -> dict[str, Any]:
        self.ask("POST", self.member("/import", number), status=202)
        self.work()
        current: dict[str, Any] = self.ask("GET", self.member(number=number))["current"]
        return current

    def save(self, base: str, files: dict[str, str], reason: str = "") -> dict[str, Any]:
        body = {"baseVersionId": base, "reason": reason, "files": [{"path": p, "text": t} for p, t in files.items()]}
        saved: dict[str, Any] = self.ask("POST", self.member("/versions"), body, 201)
        return saved

    def work(self) -> None:
        """Agents and workers until nothing is left to do."""
        for _ in range(100):
            with unit_of_work(self.api.wiring.sessions) as session:
                flows = list(workflows.open_ids(session))
            for flow_id in flows:
                flow_worker.advance(self.api.wiring, flow_id)
            with unit_of_work(self.api.wiring.sessions) as session:
                jobs = session.scalars(select(Job).where(Job.state == "pending").order_by(Job.created_at)).all()
            for job in jobs:
                self._do(job)
            if not jobs and not self._news():
                return
        raise AssertionError("it goes on for ever")

    def _news(self) -> bool:
        """Hand the outbox to this room, as the worker does."""
        with unit_of_work(self.api.wiring.sessions) as session:
            events = session.scalars(select(OutboxEvent).where(OutboxEvent.done_at.is_(None))).all()
            for event in events:
                event.done_at = event.created_at
        before = self._open()
        for event in events:
            function = room.SUBSCRIPTIONS.get(event.kind)
            if function:
                function(self.api.wiring, event)
        return self._open() != before

    def _open(self) -> int:
        with unit_of_work(self.api.wiring.sessions) as session:
            return len(workflows.open_ids(session))

    def _do(self, job: Job) -> None:
        self.ran.append((job.command, job.member_id))
        if job.runs_on != AGENT:
            job_worker.run_here(self.api.wiring, str(job.id))
            return
        assert job.member_id is not None
        sealer = self.api.wiring.sealer
        with unit_of_work(self.api.wiring.sessions) as session:
            claimed = job_service.claim(session, job.id, job.member_id).job
            try:
                result = self._result(session, sealer, claimed, job.member_id)
                report = job_service.Report(Ending.COMPLETED, result=result)
            except ValueError as why:
                report = job_service.Report(Ending.FAILED, error=str(why))
            job_service.complete(session, job.id, job.member_id, claimed.attempt, report)

    def _result(self, session: Any, sealer: Any, job: Job, where: UUID) -> dict[str, Any]:
        live = self.live[where]
        if job.command == "haproxy.config_read":
            files = [{"path": path, "text": text} for path, text in live.items()]
            data = json.dumps({"files": files, "fingerprint": fingerprint(live)}).encode()
            digest = hashlib.sha256(data).hexdigest()
            job_service.keep_output(session, sealer, job, attempt=job.attempt, name="config", data=data, sha256=digest)
            return {"fingerprint": fingerprint(live)}
        if job.command == "haproxy.traffic_sample":
            return self.samples[where].pop(0) if self.samples.get(where) else QUIET
        wanted = json.loads(job_service.input_for_agent(session, sealer, job, job.attempt, "config"))
        files = {row["path"]: row["text"] for row in wanted["files"]}
        broken = [path for path, text in files.items() if "bogus" in text]
        if job.command == "haproxy.config_check":
            message = (
                {"level": "alert", "path": broken[0], "line": 2, "text": "unknown keyword 'bogus'"} if broken else None
            )
            return {
                "valid": not broken,
                "messages": [message] if message else [],
                **({"error": "bogus"} if broken else {}),
            }
        assert job.command == "haproxy.config_apply"
        if where in self.refuses:
            raise ValueError("HAProxy stopped after the change. The old configuration is back.")
        if job.params["fingerprint"] and job.params["fingerprint"] != fingerprint(live):
            raise ValueError("the live configuration is not the one that was edited")
        self.live[where] = files
        return {"changed": files != live, "fingerprint": fingerprint(files)}


@pytest.fixture
def edges(engine: Engine) -> Edges:
    api = make_api(engine, SystemClock())
    catalogue = Catalogue(read_agent_commands(agent_folders("")) + read_own_commands())
    api.wiring.hooks["jobs_catalogue"] = lambda: catalogue
    api.wiring.hooks["member_facts"] = lambda _member_id: None
    with unit_of_work(api.wiring.sessions) as session:
        pool = create_pool(session, api.mine.account_id, SYSTEM, name="edge", template="haproxy")
        members = [
            Member(
                account_id=pool.account_id, pool_id=pool.id, hostname=f"edge-{number}.example.com", display_name=f"edge-{number}",
                template="haproxy_edge", linux_family="debian", allowed_ips=[], secret_hash=f"{number}" * 64,
                created_at=pool.created_at,
            )
            for number in range(2)
        ]  # fmt: skip
        session.add_all(members)
        session.flush()
        pool.active_member_id = members[0].id
        ids = [member.id for member in members]
    made = Edges(api, api.client_as("admin"), pool.id, ids)
    made.live = {member_id: dict(FIRST) for member_id in ids}
    return made
