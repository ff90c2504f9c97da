"""The worker's side: what was read and checked on hosts is kept, and a roll-out that failed is taken back."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ..identity.audit import SYSTEM
from ..kernel.db import unit_of_work
from ..kernel.errors import Conflict
from ..kernel.outbox import OutboxEvent
from ..workflows import service as workflows
from ..workflows.tables import WorkflowStep
from . import service
from .service.applying import APPLY

log = logging.getLogger(__name__)


def on_job(wiring: Any, event: OutboxEvent) -> None:
    command, job_id = event.payload["command"], UUID(event.payload["jobId"])
    if command == "haproxy.config_read" and event.payload["state"] == "completed":
        with unit_of_work(wiring.sessions) as session:
            # A roll-out reads too; what it finds there it judges itself.
            if session.scalar(select(WorkflowStep.workflow_id).where(WorkflowStep.job_id == job_id)) is None:
                service.record_look(session, wiring.sealer, job_id)
    elif command == "haproxy.config_check":
        with unit_of_work(wiring.sessions) as session:
            service.record_check(session, job_id)


def on_failed(wiring: Any, event: OutboxEvent) -> None:
    """A roll-out that went wrong anywhere leaves no member changed."""
    if event.payload["kind"] != APPLY or event.account_id is None:
        return
    with unit_of_work(wiring.sessions) as session:
        flow = workflows.flow_of_account(session, event.account_id, UUID(event.payload["workflowId"]), lock=True)
        if flow.state != "failed" or flow.undo_requested_by is not None:
            return
        error = flow.error
        try:
            workflows.undo(session, flow, SYSTEM)
        except Conflict as why:
            log.info("roll-out %s leaves nothing to take back: %s", flow.id, why.detail)
            return
        log.warning("roll-out %s failed and is taken back: %s", flow.id, error)


SUBSCRIPTIONS = {
    **{f"job.{state}": on_job for state in ("completed", "failed", "cancelled", "timed_out")},
    "workflow.failed": on_failed,
}
