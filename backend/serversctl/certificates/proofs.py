"""TXT values in DNS and their rows: each row is stored before its value is written, and goes after its value is gone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..dns.challenges import Challenges, Place, challenges_of
from ..dns.ports import ProviderError
from ..kernel.db import database_now, reading, unit_of_work
from ..kernel.errors import Conflict
from ..kernel.failpoint import failpoint
from .ca import Proof
from .tables import Certificate, CertificateOrder, ChallengeText

log = logging.getLogger(__name__)

# A value that no open order needs is taken away by the sweep.
SWEEP_BATCH = 50
RETRY_FIRST, RETRY_MAX, TRIES_MAX = timedelta(minutes=1), timedelta(hours=6), 60


def place(wiring: Any, certificate: Certificate, proofs: Sequence[Proof]) -> None:
    """Put every value into DNS that is not there. Raises ProviderError."""
    challenges = challenges_of(wiring)
    for proof in proofs:
        where = challenges.place_for(certificate.account_id, certificate.pool_id, proof.name)
        with unit_of_work(wiring.sessions) as session:
            _remember(session, certificate, where, proof.value)
        failpoint("acme.text_remembered")
        challenges.add(where, proof.value, lambda: _still_wanted(wiring, certificate.id))
        failpoint("acme.text_placed")


def visible(wiring: Any, certificate_id: UUID, proofs: Sequence[Proof]) -> bool | None:
    """Do the zones' own servers show all values? None: some of them do not answer us at all."""
    wanted = {proof.value for proof in proofs}
    places: dict[Place, list[str]] = {}
    with reading(wiring.sessions) as session:
        for row in _rows(session, certificate_id):
            if row.value in wanted:
                places.setdefault(_place_of(row), []).append(row.value)
    found = [challenges_of(wiring).visible(where, values) for where, values in places.items()]
    if False in found:
        return False
    return None if None in found else True


def names_of(wiring: Any, certificate_id: UUID) -> list[str]:
    with reading(wiring.sessions) as session:
        return sorted({row.name for row in _rows(session, certificate_id)})


def clean(wiring: Any, certificate_id: UUID) -> int:
    """Take away all values of a certificate; what does not work now is left to the sweep. How many are left."""
    with reading(wiring.sessions) as session:
        rows = _rows(session, certificate_id)
        session.expunge_all()
    return sum(not _remove(wiring, challenges_of(wiring), row) for row in rows)


def sweep(wiring: Any) -> None:
    """Take away values of orders that are over or whose job died, also those of certificates that are gone."""
    with reading(wiring.sessions) as session:
        now = database_now(session)
        rows = session.scalars(
            select(ChallengeText)
            .outerjoin(CertificateOrder, CertificateOrder.certificate_id == ChallengeText.certificate_id)
            .where((CertificateOrder.claimed_until.is_(None)) | (CertificateOrder.claimed_until <= now))
            .where((ChallengeText.next_try_at.is_(None)) | (ChallengeText.next_try_at <= now))
            .limit(SWEEP_BATCH)
        ).all()
        session.expunge_all()
    for row in rows:
        _remove(wiring, challenges_of(wiring), row)


def _remove(wiring: Any, challenges: Challenges, row: ChallengeText) -> bool:
    try:
        challenges.remove(_place_of(row), row.value, lambda: None)
    except ProviderError as why:
        gone = why.code == "dns_key_gone" or row.tries >= TRIES_MAX
        log.warning(
            "the TXT value at %s is not taken away%s: %s", row.name, " and given up" if gone else "", why.detail
        )
        if not gone:
            _try_later(wiring, row)
            return False
    with unit_of_work(wiring.sessions) as session:
        session.execute(delete(ChallengeText).where(ChallengeText.id == row.id))
    return True


def _try_later(wiring: Any, row: ChallengeText) -> None:
    with unit_of_work(wiring.sessions) as session:
        known = session.get(ChallengeText, row.id)
        if known is not None:
            known.tries += 1
            pause = min(RETRY_MAX, RETRY_FIRST * 2 ** min(known.tries, 10))
            known.next_try_at = database_now(session) + pause


def _remember(session: Session, certificate: Certificate, where: Place, value: str) -> None:
    known = session.scalar(
        select(ChallengeText.id).where(
            ChallengeText.certificate_id == certificate.id,
            ChallengeText.name == where.name,
            ChallengeText.value == value,
        )
    )
    if known is None:
        session.add(
            ChallengeText(
                account_id=certificate.account_id,
                certificate_id=certificate.id,
                credential_id=where.credential_id,
                zone=where.zone,
                zone_ref=where.zone_ref,
                name=where.name,
                value=value,
                placed_at=database_now(session),
            )
        )


def _still_wanted(wiring: Any, certificate_id: UUID) -> None:
    with reading(wiring.sessions) as session:
        if session.get(CertificateOrder, certificate_id) is None:
            raise Conflict("certificate_gone", "The certificate was deleted meanwhile: nothing is written any more.")


def _rows(session: Session, certificate_id: UUID) -> Sequence[ChallengeText]:
    return session.scalars(
        select(ChallengeText).where(ChallengeText.certificate_id == certificate_id).order_by(ChallengeText.placed_at)
    ).all()


def _place_of(row: ChallengeText) -> Place:
    return Place(row.credential_id, row.zone, row.zone_ref, row.name)
