"""The timed report of a drill, read from its workflow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..workflows.rules import OPEN, State
from ..workflows.tables import Workflow, WorkflowStep


def report_of(flow: Workflow, steps: Sequence[WorkflowStep]) -> dict[str, Any]:
    return {
        "workflow_id": flow.id,
        "member_id": flow.member_id,
        "snapshot_id": flow.params["snapshotId"],
        "state": flow.state,
        "passed": None if flow.state in OPEN else flow.state == State.COMPLETED,
        "error": flow.error,
        "started_at": flow.created_at,
        "ended_at": flow.ended_at,
        "duration_sec": _seconds(flow.created_at, flow.ended_at),
        "steps": [
            {
                "key": step.key,
                "title": step.title,
                "state": step.state,
                "duration_sec": _seconds(step.started_at, step.ended_at),
                "result": step.result,
                "error": step.error,
                "job_id": step.job_id,
            }
            for step in steps
        ],
    }


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return round((end - begin).total_seconds(), 1) if begin and end else None
