"""A job row as the rules see it."""

from __future__ import annotations

from ..rules import Standing, State
from ..tables import Job


def standing_of(job: Job) -> Standing:
    return Standing(
        state=State(job.state),
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        idempotent=job.idempotent,
        cancel_requested=job.cancel_requested,
        crashes=job.crashes,
        heard=job.heard,
        deliveries=job.deliveries,
    )
