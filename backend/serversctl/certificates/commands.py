"""Commands of this room that run in the control plane."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ..identity.audit import SYSTEM
from ..identity.tenancy import owned
from ..jobs.catalogue import HERE, Command, Later, Order
from ..jobs.rules import Danger
from ..kernel.db import database_now, unit_of_work
from ..kernel.errors import Conflict, DomainError
from ..pools.tables import Pool
from . import orders, service
from .installing import order_missing
from .issuing import issue
from .tables import Certificate

ISSUE, RENEW = "certificate.issue", "tls.acme_renew_force"
TIMEOUT_SEC = 300
# The queue has other work too: after this long the rest is left to another turn.
TURN_SEC = 45.0
WHICH = {
    "certificateId": {
        "type": "string",
        "title": "Certificate",
        "help": "Id of one certificate; empty: all of the pool",
        "pattern": "|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "default": "",
    }
}


def issue_due(wiring: Any, order: Order) -> Mapping[str, Any]:
    """What is missing or due. A pool without a certificate gets one for its own name."""
    return _each(wiring, order, force=False)


def renew_all(wiring: Any, order: Order) -> Mapping[str, Any]:
    """Renew now, however fresh they are."""
    return _each(wiring, order, force=True)


def _each(wiring: Any, order: Order, *, force: bool) -> Mapping[str, Any]:
    """One after the other; one that fails or waits stops no other. A job that is run again tries none twice."""
    waits: list[Later] = []
    rows: list[dict[str, Any]] = []
    failed: list[DomainError] = []
    began = time.monotonic()
    for certificate in _wanted(wiring, order):
        if time.monotonic() - began > TURN_SEC:
            waits.append(Later("The next certificates follow", retry_in_sec=1))
            break
        try:
            state = _one(wiring, certificate, order.job_id, force=force)
        except Later as why:
            waits.append(why)
            continue
        except DomainError as why:
            failed.append(why)
            state = "failed"
        rows.append(_row(wiring, certificate.id, state))
        if state == "issued":
            order_missing(wiring, certificate.id)
    if waits:
        raise waits[0]
    if failed:
        first = failed[0]
        more = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
        raise DomainError(first.code, first.detail + more)
    return {"certificates": rows}


def _wanted(wiring: Any, order: Order) -> list[Certificate]:
    """The certificates of the order. Without any, issuing begins with one for the pool's name."""
    with unit_of_work(wiring.sessions) as session:
        wanted = order.params.get("certificateId")
        if wanted:
            found = service.find(session, order.account_id, UUID(wanted))
            if found.pool_id != order.pool_id:
                raise Conflict("certificate_of_other_pool", "This certificate belongs to another pool: order it there.")
            return [found]
        pool = owned(session, Pool, order.pool_id, order.account_id)
        return service.of_pool(session, pool.id) or [service.create(session, pool, None, SYSTEM)]


def _one(wiring: Any, certificate: Certificate, job_id: UUID, *, force: bool) -> str:
    with unit_of_work(wiring.sessions) as session:
        current = session.scalar(select(Certificate).where(Certificate.id == certificate.id))
        if current is None:
            return "gone"
        now = database_now(session)
        if current.tried_job_id == job_id:
            if current.last_error:
                raise DomainError(current.last_error_code, current.last_error)
            return "issued"
        if not force and not orders.is_due(current, now):
            return "fresh"
    issue(wiring, current, job_id)
    return "issued"


def _row(wiring: Any, certificate_id: UUID, state: str) -> dict[str, Any]:
    with unit_of_work(wiring.sessions) as session:
        row = session.get(Certificate, certificate_id)
        if row is None:
            return {"certificateId": str(certificate_id), "state": "gone"}
        return {
            "certificateId": str(row.id),
            "hostname": row.hostname,
            "state": state,
            "notAfter": row.not_after.isoformat() if row.not_after else None,
            "fingerprint": row.fingerprint,
        }


COMMANDS = [
    Command(
        id=ISSUE,
        title="Issue certificates",
        description="Gets the pool's certificates that are missing or due by ACME, with proof in DNS, and installs them "
        "on every member. Without any it asks for one for the pool's own name.",
        danger=Danger.CHANGE,
        timeout_sec=TIMEOUT_SEC,
        idempotent=True,
        params=WHICH,
        runs_on=HERE,
        run=issue_due,
    ),
    Command(
        id=RENEW,
        title="Renew certificates now",
        description="Renews the pool's certificates by ACME now, however fresh they are, and installs them. "
        "Authorities limit how often: five a week for the same names at Let's Encrypt.",
        danger=Danger.CHANGE,
        timeout_sec=TIMEOUT_SEC,
        idempotent=True,
        params=WHICH,
        runs_on=HERE,
        run=renew_all,
    ),
]
