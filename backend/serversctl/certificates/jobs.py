"""The worker's side of certificates: renew what is due, install what is missing, take proofs out of DNS."""

from __future__ import annotations

import logging
from typing import Any

from ..identity.audit import SYSTEM
from ..jobs import service as job_service
from ..jobs.catalogue import load
from ..kernel.db import database_now, reading, unit_of_work
from ..kernel.errors import DomainError
from ..pools.tables import Pool
from . import installing, orders, proofs
from .commands import ISSUE
from .service import FALLBACK
from .tables import Certificate

log = logging.getLogger(__name__)


def renew_due(wiring: Any) -> None:
    """Order a job for each certificate whose time has come."""
    with reading(wiring.sessions) as session:
        due = [certificate.id for certificate in orders.due(session)]
    if not due:
        return
    command = load(wiring.settings.agent_dist).find(ISSUE)
    for certificate_id in due:
        try:
            with unit_of_work(wiring.sessions) as session:
                row = session.get(Certificate, certificate_id)
                if row is None or row.next_renewal_at is None:
                    continue
                job_service.order(
                    session,
                    command=command,
                    params={"certificateId": str(row.id)},
                    actor=SYSTEM,
                    pool=session.get_one(Pool, row.pool_id),
                    member=None,
                    idempotency_key=f"renew-{row.id}-{row.next_renewal_at:%Y%m%dT%H%M%S}",
                )
                # The job sets the next time itself; should it get lost, the row comes up again.
                row.next_renewal_at = database_now(session) + FALLBACK
        except DomainError as why:
            log.warning("the renewal of certificate %s is not ordered: %s", certificate_id, why.detail)


def install_missing(wiring: Any) -> None:
    installing.order_missing(wiring)


ENDINGS = ("completed", "failed", "cancelled", "timed_out", "unknown")
SUBSCRIPTIONS = {
    **{f"job.{state}": installing.on_job for state in ENDINGS},
    "haproxy.version_changed": installing.on_configuration,
}
PERIODIC = [
    ("certificates-renew", 60, renew_due),
    ("certificates-install", 20, install_missing),
    ("certificates-proofs", 120, proofs.sweep),
]
