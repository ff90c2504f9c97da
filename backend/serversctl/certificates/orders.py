"""The open order of a certificate in the database: one job has it at a time, and each step is stored before the next."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..kernel import outbox
from ..kernel.db import database_now
from ..kernel.errors import Conflict, DomainError
from ..kernel.sealed import Sealer
from . import rules
from .keys import Leaf, new_key_pem
from .tables import Certificate, CertificateOrder

# Longer than any turn of a job and the pause after it.
CLAIM = timedelta(seconds=180)
_CHANCE = random.SystemRandom()


def key_context(certificate_id: UUID) -> str:
    """The same for the key of an order and of its certificate: it moves from one row to the other as it is."""
    return f"certificates:{certificate_id}:key"


def claim(session: Session, sealer: Sealer, certificate: Certificate, job_id: UUID) -> CertificateOrder:
    """Take the open order, or begin one. Conflict while another job has it."""
    now = database_now(session)
    mine = {"job_id": job_id, "claimed_until": now + CLAIM}
    known = session.get(CertificateOrder, certificate.id, with_for_update=True)
    if known is None:
        made = CertificateOrder(
            certificate_id=certificate.id,
            names=list(certificate.names),
            key_sealed=sealer.seal(new_key_pem(), key_context(certificate.id)),
            url="",
            restarts=0,
            claimed_at=now,
            created_at=now,
            **mine,
        )
        try:
            with session.begin_nested():
                session.add(made)
        except IntegrityError as why:
            raise _busy() from why
        return made
    if known.job_id != job_id:
        if known.claimed_until > now:
            raise _busy()
        # A clock starts anew: what the former job waited for does not count against this one.
        known.claimed_at = now
        known.placed_at = known.placed_at and now
        known.answered_at = known.answered_at and now
    known.job_id, known.claimed_until = job_id, now + CLAIM
    if known.names != list(certificate.names):
        restart(session, sealer, known, certificate.names)
    session.flush()
    return known


def keep(session: Session, certificate_id: UUID, job_id: UUID, **changes: object) -> None:
    """Store a step and keep the claim. Conflict when another job has the order by now, or the certificate is gone."""
    kept = session.execute(
        update(CertificateOrder)
        .where(CertificateOrder.certificate_id == certificate_id, CertificateOrder.job_id == job_id)
        .values(claimed_until=database_now(session) + CLAIM, **changes)
    )
    assert isinstance(kept, CursorResult)  # noqa: S101
    if kept.rowcount == 0:
        raise _busy()


def restart(session: Session, sealer: Sealer, order: CertificateOrder, names: Sequence[str]) -> None:
    """Begin the order anew, with a new key: other names, or the authority forgot it."""
    order.names, order.url = list(names), ""
    order.key_sealed = sealer.seal(new_key_pem(), key_context(order.certificate_id))
    order.placed_at = order.answered_at = None
    session.flush()


def release(session: Session, certificate_id: UUID, job_id: UUID) -> None:
    """Leave the order open for the next job, at once."""
    session.execute(
        update(CertificateOrder)
        .where(CertificateOrder.certificate_id == certificate_id, CertificateOrder.job_id == job_id)
        .values(claimed_until=database_now(session))
    )


def close(session: Session, certificate_id: UUID) -> None:
    session.execute(delete(CertificateOrder).where(CertificateOrder.certificate_id == certificate_id))


def issued(session: Session, certificate: Certificate, order: CertificateOrder, chain_pem: str, leaf: Leaf) -> None:
    """The new certificate takes the old one's place; the order is done."""
    now = database_now(session)
    certificate.chain_pem, certificate.key_sealed = chain_pem, order.key_sealed
    certificate.fingerprint, certificate.serial, certificate.issuer = leaf.fingerprint, leaf.serial, leaf.issuer
    certificate.not_before, certificate.not_after = leaf.not_before, leaf.not_after
    certificate.issued_at = now
    certificate.next_renewal_at = rules.renewal_at(leaf.not_before, leaf.not_after, _CHANCE)
    certificate.failures, certificate.held_until = 0, None
    certificate.last_error = certificate.last_error_code = ""
    certificate.last_error_at = None
    certificate.tried_job_id = order.job_id
    close(session, certificate.id)
    tell(session, certificate, "certificate.issued", notAfter=leaf.not_after.isoformat())


def failed(session: Session, certificate: Certificate, job_id: UUID, why: DomainError, *, hold_sec: float = 0) -> None:
    """Note a failure and when it is tried again. The present certificate keeps serving."""
    now = database_now(session)
    certificate.failures += 1
    certificate.last_error, certificate.last_error_code = why.detail[:1000], why.code[:64]
    certificate.last_error_at, certificate.tried_job_id = now, job_id
    certificate.next_renewal_at = rules.retry_at(now, certificate.failures, _CHANCE)
    if hold_sec:
        certificate.held_until = now + timedelta(seconds=hold_sec)
        certificate.next_renewal_at = max(certificate.next_renewal_at, certificate.held_until)
    late = rules.is_late(certificate.not_before, certificate.not_after, now)
    details: dict[str, Any] = {
        "error": certificate.last_error,
        "code": certificate.last_error_code,
        "notAfter": certificate.not_after.isoformat() if certificate.not_after else None,
        "nextTryAt": certificate.next_renewal_at.isoformat(),
    }
    tell(session, certificate, "certificate.failed", **details)
    if late:
        soon = rules.ends_soon(certificate.not_before, certificate.not_after, now)
        # Once a day is enough to be told.
        day = f"certificate-late-{certificate.id}-{now:%Y-%m-%d}"
        kind = "certificate.expiring" if soon else "certificate.renewal_failing"
        tell(session, certificate, kind, dedupe=day, **details)


def due(session: Session, limit: int = 50) -> list[Certificate]:
    """Certificates whose renewal, first issue or next try has come."""
    now = database_now(session)
    found = session.scalars(
        select(Certificate)
        .where(Certificate.next_renewal_at <= now)
        .where((Certificate.held_until.is_(None)) | (Certificate.held_until <= now))
        .order_by(Certificate.next_renewal_at)
        .limit(limit)
    )
    return list(found)


def is_due(certificate: Certificate, now: datetime) -> bool:
    """Not there yet, failed the last time, or old enough: whoever ordered the job may have moved `next_renewal_at`."""
    return bool(certificate.last_error) or rules.is_old(certificate.not_before, certificate.not_after, now)


def tell(
    session: Session,
    certificate: Certificate,
    kind: str,
    *,
    member_id: UUID | None = None,
    dedupe: str | None = None,
    **details: object,
) -> None:
    """News of a certificate for pages and letters."""
    outbox.emit(
        session,
        kind,
        account_id=certificate.account_id,
        pool_id=certificate.pool_id,
        member_id=member_id,
        dedupe=dedupe,
        payload={"certificateId": str(certificate.id), "hostname": certificate.hostname, **details},
    )


def _busy() -> Conflict:
    return Conflict(
        "certificate_busy", "Another job works on this certificate: wait for it, or cancel it.", permanent=False
    )
