"""The worker's side of schedules: every five seconds, what is due."""

from __future__ import annotations

import logging
from typing import Any

from ..kernel.db import reading, unit_of_work
from ..workflows.jobs import tools_of
from . import service

log = logging.getLogger(__name__)


def run_due(wiring: Any) -> None:
    """Each schedule in its own transaction; one that fails stops no other."""
    with reading(wiring.sessions) as session:
        due = service.due_ids(session)
    if not due:
        return
    tools = tools_of(wiring)
    for schedule_id in due:
        try:
            with unit_of_work(wiring.sessions) as session:
                service.run_due(session, tools, schedule_id)
        except Exception:
            log.exception("schedule %s did not run", schedule_id)


PERIODIC = [("schedules-due", 5, run_due)]
