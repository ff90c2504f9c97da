"""How a simulated agent runs a job: claim, progress with a log, completion. The host's state changes as the job says."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from .wire import Wire

if TYPE_CHECKING:
    from .agents import Agent

SERVER_STATES = {"haproxy.server_drain": "DRAIN", "haproxy.server_ready": "UP", "haproxy.server_maint": "MAINT"}
STEPS = ("Checking the configuration", "Fetching", "Verifying", "Applying", "Waiting for the service")


async def run_job(agent: Agent, job_id: str, wire: Wire) -> None:
    """Until it is told. Raises OSError when the control plane is away."""
    claimed = await _call(agent, wire, "claim", {"jobId": job_id})
    if claimed is None:
        return
    job, log, began = claimed["job"], "", time.monotonic()
    length = max(agent.slow_job_sec, 0.6)
    while (spent := time.monotonic() - began) < length:
        share = spent / length
        step = STEPS[min(int(share * len(STEPS)), len(STEPS) - 1)]
        line = f"{time.strftime('%H:%M:%S')} {step} ({share:.0%})\n"
        log += line
        body = {
            "jobId": job_id,
            "attempt": job["attempt"],
            "percent": round(share * 100, 1),
            "step": step,
            "logTail": log,
        }
        told = await _call(agent, wire, "progress", body)
        if told is None:
            return
        if told.get("cancel") or job_id in agent.cancelled:
            await _complete(agent, wire, job, log, "cancelled: stopped at the operator's request")
            return
        await asyncio.sleep(min(1.0, length / 4))
    error = outcome(agent, job)
    log += f"{time.strftime('%H:%M:%S')} {error or 'Done.'}\n"
    await _complete(agent, wire, job, log, error)


def outcome(agent: Agent, job: dict[str, Any]) -> str:
    """Change the host as the job would; the error, or nothing."""
    host, command, params = agent.host, job["command"], job["params"]
    if command in SERVER_STATES:
        host.server_states[params["backend"], params["server"]] = SERVER_STATES[command]
    elif command == "haproxy.stop":
        host.haproxy_active = False
    elif command == "haproxy.provision" and not host.haproxy_active:
        return "[ALERT] parsing [/etc/haproxy/haproxy.cfg:41]: unknown keyword 'bakend' in 'frontend' section"
    elif command in {"haproxy.start", "haproxy.restart", "haproxy.provision"}:
        host.haproxy = host.haproxy_active = True
    elif command.startswith("haproxy.admin_socket"):
        host.admin_socket = command.endswith("enable")
    agent.full = True
    return ""


async def _complete(agent: Agent, wire: Wire, job: dict[str, Any], log: str, error: str) -> None:
    report: dict[str, Any] = {"jobId": job["id"], "attempt": job["attempt"], "status": "completed", "log": log}
    if error:
        report |= {"status": "failed", "error": error, "exitCode": 1}
    await _call(agent, wire, "complete", report)


async def _call(agent: Agent, wire: Wire, what: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """The answer, or None when the control plane no longer wants this job to run."""
    answer = await wire.post(
        f"/api/agents/jobs/{what}", agent.secret, agent.source, {**body, "hostname": agent.hostname}
    )
    return answer.body if answer.status == 200 else None
