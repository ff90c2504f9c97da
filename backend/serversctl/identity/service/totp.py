"""The second factor: time-based codes (RFC 6238), each good once, and recovery codes."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ...kernel.errors import Conflict, Unauthorized
from ...kernel.sealed import Sealer
from .. import audit, secrets
from ..tables import RecoveryCode, User

STEP_SEC = 30


def begin_totp(session: Session, sealer: Sealer, user: User, brand: str) -> tuple[str, str]:
    """A new secret (base 32) and its otpauth:// address. Nothing is demanded until a code confirms it."""
    if user.totp_enabled:
        raise Conflict("totp_enabled", "Codes are on already: turn them off before setting them up anew.")
    secret = pyotp.random_base32()
    user.totp_sealed = sealer.seal(secret, _context(user))
    session.flush()
    return secret, pyotp.TOTP(secret, name=user.email, issuer=brand).provisioning_uri()


def enable_totp(session: Session, sealer: Sealer, user: User, code: str, now: datetime) -> list[str]:
    """Turn codes on after one was right; gives the recovery codes, this once."""
    if user.totp_enabled:
        raise Conflict("totp_enabled", "Codes are on already.")
    if user.totp_sealed is None:
        raise Conflict("totp_not_begun", "Ask for a secret first: POST /api/auth/totp.")
    _spend_code(session, sealer, user, code, now)
    user.totp_enabled = True
    _note(session, user, "totp.enabled")
    return new_codes(session, user)


def disable_totp(session: Session, user: User) -> None:
    user.totp_enabled, user.totp_sealed = False, None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    _note(session, user, "totp.disabled")


def new_codes(session: Session, user: User) -> list[str]:
    """Ten fresh recovery codes; the former ones are void."""
    if not user.totp_enabled:
        raise Conflict("totp_disabled", "Recovery codes belong to sign-in codes: turn those on first.")
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = secrets.new_recovery_codes()
    session.add_all(RecoveryCode(user_id=user.id, code_hash=secrets.hashed(code)) for code in codes)
    _note(session, user, "totp.codes_renewed")
    return codes


def codes_left(session: Session, user: User) -> int:
    rows = select(RecoveryCode.id).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return len(session.scalars(rows).all())


def spend_second_factor(
    session: Session, sealer: Sealer, user: User, now: datetime, *, code: str | None, recovery_code: str | None
) -> None:
    """Pass a user without a second factor; of the others take a code or a recovery code, once. Raises Unauthorized."""
    if not user.totp_enabled:
        return
    if code:
        _spend_code(session, sealer, user, code, now)
    elif recovery_code:
        _spend_recovery_code(session, user, recovery_code, now)
    else:
        raise Unauthorized("totp_required", "Send the six digits of your authenticator app as `code`.")


def _spend_code(session: Session, sealer: Sealer, user: User, code: str, now: datetime) -> None:
    """Accept the code of this step or a neighbour, and no step twice."""
    totp = pyotp.TOTP(sealer.open(user.totp_sealed or "", _context(user)))
    current = int(now.timestamp()) // STEP_SEC
    typed = "".join(code.split())
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.at(step * STEP_SEC).encode(), typed.encode()):
            taken = session.execute(
                update(User)
                .where(User.id == user.id, User.totp_last_step < step)
                .values(totp_last_step=step)
                .returning(User.id)
            ).first()
            if taken is not None:
                return
            raise Unauthorized("totp_spent", "That code was used already: wait for the next one.")
    raise Unauthorized("totp_wrong", "The code is not right: check the time of the device that shows it.")


def _spend_recovery_code(session: Session, user: User, text: str, now: datetime) -> None:
    spent = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == secrets.hashed(secrets.plain_recovery_code(text)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    ).first()
    if spent is None:
        raise Unauthorized("recovery_code_wrong", "That recovery code is not right or was used already.")
    _note(session, user, "totp.recovery_code_used")


def _context(user: User) -> str:
    return f"users.totp:{user.id}:{user.account_id}"


def _note(session: Session, user: User, action: str) -> None:
    who = audit.Actor("user", user.id, user.email)
    audit.record(session, who, action, account_id=user.account_id, target_type="user", target_id=user.id)
