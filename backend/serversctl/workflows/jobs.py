"""The worker's side of workflows: a move when a job of one ended, and a look at all open ones every few seconds."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from ..heartbeats.lending import Lending
from ..jobs.catalogue import Catalogue, load
from ..jobs.ports import MemberFacts
from ..kernel.db import reading, unit_of_work
from ..kernel.failpoint import failpoint
from ..kernel.outbox import OutboxEvent
from . import service

log = logging.getLogger(__name__)

# More moves than any workflow has steps: a definition that never ends cannot hold a worker.
MOVES_AT_ONCE = 100


def tools_of(wiring: Any) -> service.Tools:
    made = wiring.hooks.get("jobs_catalogue")
    catalogue: Catalogue = made() if made else load(wiring.settings.agent_dist)

    def facts_of(member_id: UUID) -> MemberFacts | None:
        ask = wiring.hooks.get("member_facts") or Lending(wiring.redis).member_facts
        found = ask(member_id)
        return MemberFacts(found.agent_version, found.os_family, found.stacks, found.commands) if found else None

    return service.Tools(catalogue, wiring.sealer, facts_of)


def advance(wiring: Any, flow_id: UUID) -> None:
    """As many moves as can be made now, each in its own transaction."""
    tools = tools_of(wiring)
    for _ in range(MOVES_AT_ONCE):
        with unit_of_work(wiring.sessions) as session:
            more = service.advance(session, tools, flow_id)
            failpoint("workflow.moved")
        failpoint("workflow.committed")
        if not more:
            return


def on_job(wiring: Any, event: OutboxEvent) -> None:
    with reading(wiring.sessions) as session:
        flow_id = service.of_job(session, UUID(event.payload["jobId"]))
    if flow_id is not None:
        advance(wiring, flow_id)


def on_wanted(wiring: Any, event: OutboxEvent) -> None:
    advance(wiring, UUID(event.payload["workflowId"]))


def sweep(wiring: Any) -> None:
    """What an event did not reach. One workflow that cannot be advanced stops no other."""
    with reading(wiring.sessions) as session:
        waiting = service.open_ids(session)
    for flow_id in waiting:
        try:
            advance(wiring, flow_id)
        except Exception:
            log.exception("workflow %s does not advance", flow_id)


def forget_old(wiring: Any) -> None:
    with unit_of_work(wiring.sessions) as session:
        service.forget_old(session)


SUBSCRIPTIONS = {
    "workflow.wanted": on_wanted,
    **{f"job.{state}": on_job for state in ("completed", "failed", "cancelled", "timed_out", "unknown", "held")},
}
PERIODIC = [("workflow-sweep", 5, sweep), ("workflow-retention", 3600, forget_old)]
