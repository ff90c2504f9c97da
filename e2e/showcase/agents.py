"""Simulated agents: real heartbeats and jobs over the real wire, from hosts that exist only as `SimHost`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..control_plane import ROOT
from .facts import SimHost, body_of
from .pretending import run_job
from .wire import Wire

SLOW_EVERY_SEC = 300
AGENTS_PER_CONNECTION = 125


def built_version() -> int:
    return int(json.loads((ROOT / "agent" / "dist" / "agent.json").read_text())["version"])


@dataclass
class Agent:
    """One enrolled agent. `silent` stops its beats, `pause_sec` stretches them."""

    host: SimHost
    secret: str
    source: str
    version: int
    silent: bool = False
    pause_sec: float = 1.0
    says: str = ""  # a host name that is not the enrolled one
    slow_job_sec: float = 0.0  # how long a job of this host pretends to take; 0: a moment
    seq: int = 0
    due: float = 0.0
    echo: str | None = None
    full: bool = True
    slow_at: float = 0.0
    jobs: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    last_status: int = 0

    @property
    def hostname(self) -> str:
        return self.says or self.host.hostname

    def beat(self) -> dict[str, Any]:
        now = time.time()
        slow = self.full or now - self.slow_at >= SLOW_EVERY_SEC
        if slow:
            self.slow_at, self.full = now, False
        self.seq += 1
        body = {
            "hostname": self.hostname, "ip": self.source, "agentVersion": self.version,
            "bootId": f"{self.host.hostname}-{int(self.host.booted_at)}", "seq": self.seq,
            "sentAt": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "runningJobs": list(self.jobs), "probeResults": [],
            **body_of(self.host, slow=slow),
        }  # fmt: skip
        if self.echo:
            body["echo"] = self.echo
        return body


class Fleet:
    """All simulated agents of one control plane, in a thread of their own. Use as a context manager."""

    def __init__(self, url: str, ca_file: Path) -> None:
        self.url, self.ca_file, self.agents = url, ca_file, list[Agent]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="agents", daemon=True)
        self._lanes = 0

    def __enter__(self) -> Fleet:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def enrol(self, host: SimHost, made: dict[str, Any], source: str, **how: Any) -> Agent:
        """Start beating with the secret of the answer that made the member."""
        agent = Agent(host, made["enrollment"]["secret"], source, how.pop("version", built_version()), **how)
        agent.due = time.monotonic() + (len(self.agents) % 50) / 50
        self.agents.append(agent)
        while self._lanes * AGENTS_PER_CONNECTION < len(self.agents):
            asyncio.run_coroutine_threadsafe(self._lane(self._lanes), self._loop)
            self._lanes += 1
        return agent

    def of(self, hostname: str) -> Agent:
        return next(agent for agent in self.agents if agent.host.hostname == hostname)

    async def _lane(self, number: int) -> None:
        """One connection beats for its share of the agents, each in its own rhythm."""
        wire = Wire(self.url, self.ca_file)
        first = number * AGENTS_PER_CONNECTION
        while True:
            now = time.monotonic()
            for agent in self.agents[first : first + AGENTS_PER_CONNECTION]:
                if agent.silent or agent.due > now:
                    continue
                agent.due = max(agent.due + agent.pause_sec, now)
                with contextlib.suppress(OSError):  # the control plane restarts: the next round tries again
                    await self._beat(agent, wire)
            await asyncio.sleep(0.02)

    async def _beat(self, agent: Agent, wire: Wire) -> None:
        answer = await wire.post("/api/agents/heartbeat", agent.secret, agent.source, agent.beat())
        agent.last_status = answer.status
        if answer.status != 200:
            agent.due = time.monotonic() + max(agent.pause_sec, 3.0)
            return
        agent.echo = answer.body.get("nonce")
        agent.full = agent.full or answer.body.get("full") is True
        agent.cancelled.update(answer.body.get("cancelJobs") or ())
        for job in answer.body.get("jobs") or ():
            if job["id"] not in agent.jobs:
                agent.jobs[job["id"]] = asyncio.ensure_future(self._run(agent, job["id"]))

    async def _run(self, agent: Agent, job_id: str) -> None:
        try:
            with contextlib.suppress(OSError):
                await run_job(agent, job_id, Wire(self.url, self.ca_file))
        finally:
            agent.jobs.pop(job_id, None)
