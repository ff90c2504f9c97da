"""A new secret over the live session: two slots, so that neither side is ever without a valid one.

Until its first use the new secret is *pending* in the second slot, sealed, and the old one goes on. Its first use
swaps the slots: the new one is the secret, and the old one stays valid for a short grace.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from ...identity import audit
from ...kernel.db import database_now
from ...kernel.ids import new_secret_hex
from ...kernel.outbox import emit
from ...kernel.sealed import Sealer
from ..tables import Member
from .directory import touch_directory
from .enrolling import Enrolled, hash_of

# How long an offered secret may wait for its first use.
PENDING_FOR = timedelta(days=7)
# For what is under way with the old secret: a claim, a report, an answer that got lost.
OLD_SECRET_GRACE = timedelta(minutes=10)


def _context(member_id: UUID, account_id: UUID) -> str:
    return f"members.next_secret:{member_id}:{account_id}"


def rotate_secret(session: Session, member: Member, by: audit.Actor, sealer: Sealer) -> Enrolled:
    """Offer a new secret. The old one works until the new one was used."""
    secret = new_secret_hex()
    member.next_secret_hash = hash_of(secret)
    member.next_secret_sealed = sealer.seal(secret, _context(member.id, member.account_id))
    member.next_secret_until = database_now(session) + PENDING_FOR
    session.flush()
    touch_directory(session)
    audit.record(
        session, by, "member.secret_rotated", account_id=member.account_id, target_type="member", target_id=member.id,
        details={"hostname": member.hostname},
    )  # fmt: skip
    emit(
        session, "member.secret_rotated", account_id=member.account_id, pool_id=member.pool_id, member_id=member.id,
        payload={"hostname": member.hostname},
    )  # fmt: skip
    return Enrolled(member, secret)


def pending_secret(session: Session, member: Member, sealer: Sealer) -> str | None:
    """The offered secret in clear, for the job that carries it to the member; None when none is pending."""
    until = member.next_secret_until
    if member.next_secret_sealed is None or (until is not None and until <= database_now(session)):
        return None
    return sealer.open(member.next_secret_sealed, _context(member.id, member.account_id))


def promote_secret(session: Session, member_id: UUID, shown_hash: str) -> bool:
    """The pending secret was used for the first time: it is the secret now. True for the one caller that was first."""
    swapped = session.execute(
        update(Member)
        .where(Member.id == member_id, Member.next_secret_hash == shown_hash, Member.next_secret_sealed.is_not(None))
        .values(
            secret_hash=shown_hash,
            next_secret_hash=Member.secret_hash,
            next_secret_sealed=None,
            next_secret_until=database_now(session) + OLD_SECRET_GRACE,
        )
        .returning(Member.account_id, Member.pool_id, Member.hostname)
        .execution_options(synchronize_session=False)
    ).first()
    if swapped is None:
        return False
    touch_directory(session)
    emit(
        session, "member.secret_in_use", account_id=swapped.account_id, pool_id=swapped.pool_id, member_id=member_id,
        payload={"hostname": swapped.hostname},
    )  # fmt: skip
    return True
