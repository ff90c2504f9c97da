"""Certificates of a pool: asked for, listed, taken away. Getting one is a job's work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..dns.tables import PoolDns
from ..identity import audit
from ..identity.audit import Actor
from ..identity.tenancy import owned
from ..kernel.db import database_now
from ..kernel.errors import Conflict
from ..kernel.ids import new_id
from ..kernel.paging import Page, decode, encode
from ..members.tables import Member
from ..pools.tables import Pool
from . import rules
from .orders import tell
from .tables import Certificate, CertificateInstall, CertificateOrder

PER_POOL_MAX = 50
# A job is ordered with the certificate; should it get lost, the renewal finds the row after this long.
FALLBACK = timedelta(hours=1)


def pool_name(session: Session, pool: Pool) -> str | None:
    """The name that the pool keeps in DNS, or None when it has none yet."""
    return session.scalar(select(PoolDns.fqdn).where(PoolDns.pool_id == pool.id))


def create(
    session: Session, pool: Pool, names: Sequence[str] | None, actor: Actor, *, member: Member | None = None
) -> Certificate:
    """A certificate for these names; none: the pool's own name, or the host name of `member`.

    With a member it is for the services of that host, otherwise for HAProxy on all. Raises Invalid or Conflict.
    """
    if not names and member is not None:
        names = [member.hostname]
    if not names:
        own = pool_name(session, pool)
        if own is None:
            raise Conflict(
                "pool_has_no_name",
                "The pool has no name in DNS yet: connect it under Managed DNS (key, zone, label), or give names here.",
            )
        names = [own]
    cleaned = rules.clean_names(names)
    held = session.scalars(select(Certificate.id).where(Certificate.pool_id == pool.id)).all()
    if len(held) >= PER_POOL_MAX:
        raise Conflict("certificates_too_many", f"A pool takes {PER_POOL_MAX} certificates: put names together.")
    now = database_now(session)
    made = Certificate(
        id=new_id(),
        account_id=pool.account_id,
        pool_id=pool.id,
        member_id=member.id if member else None,
        hostname=cleaned[0],
        names=cleaned,
        created_at=now,
        next_renewal_at=now + FALLBACK,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as why:
        raise Conflict(
            "certificate_exists",
            f"The pool has a certificate for {cleaned[0]} already: renew it, or delete it first.",
            errors={"names": ["Already there."]},
        ) from why
    _record(session, actor, "certificate.create", made, names=cleaned)
    tell(session, made, "certificate.created")
    return made


def of_pool(session: Session, pool_id: UUID) -> list[Certificate]:
    found = session.scalars(select(Certificate).where(Certificate.pool_id == pool_id).order_by(Certificate.created_at))
    return list(found)


def page(session: Session, pool: Pool, *, limit: int, cursor: str | None) -> Page[Certificate]:
    wanted = select(Certificate).where(Certificate.pool_id == pool.id)
    after = decode(cursor, 2)
    if after:
        at, last = _key(after)
        wanted = wanted.where(
            or_(Certificate.created_at < at, and_(Certificate.created_at == at, Certificate.id < last))
        )
    rows = session.scalars(wanted.order_by(Certificate.created_at.desc(), Certificate.id.desc()).limit(limit + 1)).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode(more.created_at.isoformat(), str(more.id)) if more else None)


def find(session: Session, account_id: UUID, certificate_id: UUID, *, lock: bool = False) -> Certificate:
    return owned(session, Certificate, certificate_id, account_id, lock=lock)


def follow_pool_name(session: Session, pool: Pool, certificate: Certificate, actor: Actor) -> None:
    """Put the pool's present name in the place of the first name. Raises Conflict; the new one has to be issued."""
    own = pool_name(session, pool)
    if own is None:
        raise Conflict("pool_has_no_name", "The pool has no name in DNS yet: connect it under Managed DNS.")
    old = certificate.hostname
    if old == own:
        raise Conflict("certificate_name_same", f"The certificate is for {own} already: renew it instead.")
    wild = {f"*.{old}": f"*.{own}"}
    names = [own, *(wild.get(name, name) for name in certificate.names[1:])]
    certificate.hostname, certificate.names = own, rules.clean_names(names)
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as why:
        raise Conflict("certificate_exists", f"The pool has a certificate for {own} already.") from why
    _record(session, actor, "certificate.follow_name", certificate, old=old, new=own)
    tell(session, certificate, "certificate.changed")


def delete(session: Session, certificate: Certificate, actor: Actor) -> None:
    """Forget a certificate and its key. The file on the members stays: HAProxy may need it for its next start."""
    _record(session, actor, "certificate.delete", certificate, hostname=certificate.hostname)
    tell(session, certificate, "certificate.deleted")
    session.delete(certificate)
    session.flush()


def installs_of(session: Session, certificate_ids: Sequence[UUID]) -> dict[UUID, list[tuple[CertificateInstall, str]]]:
    """Installs with their members' display names, by certificate."""
    found: dict[UUID, list[tuple[CertificateInstall, str]]] = {}
    rows = session.execute(
        select(CertificateInstall, Member.display_name)
        .join(Member, Member.id == CertificateInstall.member_id)
        .where(CertificateInstall.certificate_id.in_(certificate_ids))
        .order_by(Member.display_name)
    )
    for install, name in rows:
        found.setdefault(install.certificate_id, []).append((install, name))
    return found


def ordering(session: Session, certificate_ids: Sequence[UUID]) -> dict[UUID, CertificateOrder]:
    """The open orders that a job works on now, by certificate."""
    now = database_now(session)
    rows = session.scalars(
        select(CertificateOrder).where(
            CertificateOrder.certificate_id.in_(certificate_ids), CertificateOrder.claimed_until > now
        )
    )
    return {row.certificate_id: row for row in rows}


def _key(key: list[object]) -> tuple[datetime, UUID]:
    try:
        at = datetime.fromisoformat(str(key[0]))
        if at.tzinfo is None:
            raise ValueError(at)
        return at, UUID(str(key[1]))
    except ValueError:
        decode("broken", 2)
        raise


def _record(session: Session, actor: Actor, action: str, certificate: Certificate, **details: object) -> None:
    audit.record(
        session,
        actor,
        action,
        account_id=certificate.account_id,
        target_type="certificate",
        target_id=certificate.id,
        details={"poolId": str(certificate.pool_id), **details},
    )
