"""Parameters that no person gives: the control plane fills them in when the agent claims the job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from .tables import Job

ROTATE = "agent.rotate_secret"


def with_hidden(_session: Session, job: Job, _member_id: UUID) -> dict[str, Any]:
    """The job's parameters as the agent gets them. Secrets are never stored with the job."""
    return job.params
