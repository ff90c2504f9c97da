"""Certificates onto members: the active one and every standby get each new certificate, new members too."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from ..identity import audit
from ..identity.audit import SYSTEM, Actor
from ..jobs import service as jobs
from ..jobs.catalogue import Catalogue, load
from ..jobs.rules import State
from ..jobs.tables import Job
from ..kernel.db import database_now, reading, unit_of_work
from ..kernel.errors import DomainError
from ..kernel.outbox import OutboxEvent
from ..kernel.sealed import CannotOpen, Sealer
from ..members.tables import Member
from ..pools.tables import Pool
from . import rules
from .keys import combined_pem
from .orders import key_context, tell
from .tables import Certificate, CertificateInstall

log = logging.getLogger(__name__)

INSTALL, INSTALL_HOST = "tls.install_certificate", "tls.install_host_certificate"
# Only these have an HAProxy that the certificate is for.
TEMPLATE = "haproxy_edge"
BATCH = 50


def order_missing(wiring: Any, certificate_id: UUID | None = None) -> int:
    """Order the install on each member that lacks a certificate's newest form. How many were ordered.

    One member whose job cannot be ordered stops no other.
    """
    catalogue = load(wiring.settings.agent_dist)
    with reading(wiring.sessions) as session:
        wanted = _missing(session, certificate_id)
    done = 0
    for one, member_id in wanted:
        try:
            with unit_of_work(wiring.sessions) as session:
                done += _order(session, wiring.sealer, catalogue, one, member_id)
        except (DomainError, CannotOpen) as why:
            said = why.detail if isinstance(why, DomainError) else str(why)
            log.warning("the certificate %s is not ordered on member %s: %s", one, member_id, said)
            with unit_of_work(wiring.sessions) as session:
                _note_failure(session, one, member_id, said)
    return done


def _missing(session: Session, certificate_id: UUID | None) -> list[tuple[UUID, UUID]]:
    now = database_now(session)
    row = CertificateInstall
    wanted = (
        select(Certificate.id, Member.id)
        .join(Member, Member.pool_id == Certificate.pool_id)
        .where(
            or_(
                and_(Certificate.member_id.is_(None), Member.template == TEMPLATE),
                Certificate.member_id == Member.id,
            )
        )
        .outerjoin(row, and_(row.certificate_id == Certificate.id, row.member_id == Member.id))
        .where(Certificate.fingerprint.is_not(None))
        .where(
            or_(
                row.member_id.is_(None),
                row.fingerprint != Certificate.fingerprint,
                and_(row.state.in_(["failed", "waiting"]), or_(row.next_try_at.is_(None), row.next_try_at <= now)),
            )
        )
        .limit(BATCH)
    )
    if certificate_id is not None:
        wanted = wanted.where(Certificate.id == certificate_id)
    return [(one, member_id) for one, member_id in session.execute(wanted)]


def _order(session: Session, sealer: Sealer, catalogue: Catalogue, certificate_id: UUID, member_id: UUID) -> bool:
    """False when the certificate or the member is gone by now, or somebody else was first."""
    certificate = session.get(Certificate, certificate_id, with_for_update=True)
    member = session.get(Member, member_id)
    if certificate is None or member is None or not (certificate.chain_pem and certificate.key_sealed):
        return False
    row = _row(session, certificate_id, member_id)
    if row.state in {"ordered", "installed"} and row.fingerprint == certificate.fingerprint:
        return False
    _cancel_older(session, row)
    key_pem = sealer.open(certificate.key_sealed, key_context(certificate.id))
    ordered = jobs.order(
        session,
        command=catalogue.find(INSTALL_HOST if certificate.member_id else INSTALL),
        params={"hostname": certificate.hostname},
        actor=SYSTEM,
        pool=session.get_one(Pool, certificate.pool_id),
        member=member,
        inputs={"pem": combined_pem(certificate.chain_pem, key_pem)},
        sealer=sealer,
    )
    row.job_id, row.state, row.detail = ordered.job.id, "ordered", ""
    row.fingerprint, row.changed_at = certificate.fingerprint or "", database_now(session)
    tell(session, certificate, "certificate.installing", member_id=member_id)
    return True


def _cancel_older(session: Session, row: CertificateInstall) -> None:
    """The order of the certificate before this one, where no agent took it yet, must not run after the new one."""
    older = session.get(Job, row.job_id) if row.job_id else None
    if older is not None and older.state in {State.PENDING, State.HELD}:
        jobs.cancel(session, older, SYSTEM)


def install_again(session: Session, certificate: Certificate, member_id: UUID | None, actor: Actor) -> None:
    """Let the worker install it anew on one member or on all: a host was set up again, or its file was lost."""
    wanted = select(CertificateInstall).where(CertificateInstall.certificate_id == certificate.id)
    if member_id is not None:
        wanted = wanted.where(CertificateInstall.member_id == member_id)
    rows = session.scalars(wanted).all()
    for row in rows:
        row.state, row.fingerprint, row.next_try_at, row.job_id = "waiting", "", None, None
        row.changed_at = database_now(session)
    audit.record(
        session, actor, "certificate.install", account_id=certificate.account_id, target_type="certificate",
        target_id=certificate.id, details={"members": [str(row.member_id) for row in rows]},
    )  # fmt: skip
    tell(session, certificate, "certificate.installing")


def on_configuration(wiring: Any, event: OutboxEvent) -> None:
    """A new configuration is live on a member: it may name a certificate that it did not name before. Look again."""
    if event.payload.get("state") != "applied" or event.member_id is None:
        return
    with unit_of_work(wiring.sessions) as session:
        session.execute(
            update(CertificateInstall)
            .where(CertificateInstall.member_id == event.member_id, CertificateInstall.state == "installed")
            .where(CertificateInstall.in_use.is_(False))
            .values(state="waiting", next_try_at=None)
        )


def on_job(wiring: Any, event: OutboxEvent) -> None:
    """An install ended: note how."""
    if event.payload.get("command") not in {INSTALL, INSTALL_HOST}:
        return
    with unit_of_work(wiring.sessions) as session:
        job = session.get(Job, UUID(event.payload["jobId"]))
        if job is None:
            return
        row = session.scalar(select(CertificateInstall).where(CertificateInstall.job_id == job.id))
        if row is None or row.state != "ordered":
            return
        certificate = session.get_one(Certificate, row.certificate_id)
        result = job.result or {}
        if job.state == "completed":
            row.state, row.failures, row.next_try_at = "installed", 0, None
            row.in_use, row.detail = result.get("inUse"), str(result.get("note", ""))[:500]
            row.changed_at = database_now(session)
            tell(session, certificate, "certificate.installed", member_id=row.member_id, inUse=row.in_use)
        else:
            _note_failure(session, row.certificate_id, row.member_id, job.error or f"The job is {job.state}.")


def _note_failure(session: Session, certificate_id: UUID, member_id: UUID, detail: str) -> None:
    certificate = session.get(Certificate, certificate_id)
    if certificate is None or session.get(Member, member_id) is None:
        return
    row, now = _row(session, certificate_id, member_id), database_now(session)
    row.state, row.detail, row.changed_at = "failed", detail[:1000], now
    row.fingerprint = certificate.fingerprint or ""
    row.failures += 1
    row.next_try_at = rules.install_retry_at(now, row.failures)
    tell(session, certificate, "certificate.install_failed", member_id=member_id, error=row.detail)


def _row(session: Session, certificate_id: UUID, member_id: UUID) -> CertificateInstall:
    row = session.get(CertificateInstall, (certificate_id, member_id))
    if row is None:
        row = CertificateInstall(
            certificate_id=certificate_id, member_id=member_id, fingerprint="", failures=0, state="waiting",
            changed_at=database_now(session),
        )  # fmt: skip
        session.add(row)
        session.flush()
    return row
