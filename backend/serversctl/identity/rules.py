"""The rules of access: roles, scopes, sessions and passwords. Values in, refusals out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from ..kernel.errors import DomainError, Forbidden, Invalid, Unauthorized

# A session dies after 12 h without use and 7 days after sign-in at the latest; a dangerous operation wants a proof
# of presence (sign-in or step-up) that is at most 5 minutes old. FAILURES T7, T11.
SESSION_IDLE, SESSION_MAX, PROOF_MAX = timedelta(hours=12), timedelta(days=7), timedelta(minutes=5)
PASSWORD_MIN, PASSWORD_MAX = 12, 256
ANY_SCOPE = "*"
SCOPE = re.compile(r"^[a-z][a-z-]{1,30}:(read|write)$")


class Role(IntEnum):
    """Each role may do what the ones below it may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3
    OWNER = 4

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Role:
        """The role with this name. Raises Invalid for any other word."""
        try:
            return cls[word.upper()]
        except KeyError:
            words = ", ".join(role.word for role in cls)
            raise Invalid(
                "role_unknown", f"There is no such role: use one of {words}.", errors={"role": [f"Use {words}."]}
            ) from None


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in user or API token behind a request."""

    account_id: UUID
    user_id: UUID | None
    role: Role
    name: str
    scopes: frozenset[str] | None = field(default=None)  # None: a browser session, not narrowed
    token_id: UUID | None = None
    session_id: UUID | None = None
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one operation asks of its caller. role None means public or checked by the view (agents)."""

    role: Role | None
    scope: str | None
    dangerous: bool = False
    session_only: bool = False


def covers(scopes: Iterable[str], wanted: str) -> bool:
    """Whether a token's scopes reach `wanted`. `pools:write` reaches `pools:read` too; `*` reaches everything."""
    held = set(scopes)
    if ANY_SCOPE in held or wanted in held:
        return True
    area, _, verb = wanted.partition(":")
    return verb == "read" and f"{area}:write" in held


def refusal(who: Principal | None, demand: Demand | None, now: datetime) -> DomainError | None:
    """Why this caller may not do this, or None. Without a demand nobody may: deny by default."""
    if demand is None:
        return Forbidden("no_policy", "This operation has no access rule, so nobody may use it. Report this as a bug.")
    if demand.role is None:
        return None
    if who is None:
        return Unauthorized("not_signed_in", "Sign in, or send an API token as `Authorization: Bearer sctl_…`.")
    if who.role < demand.role:
        return Forbidden(
            "role_too_low",
            f"This needs the role {demand.role.word}; you are {who.role.word}. Ask an owner of the account.",
        )
    return _session_refusal(who, demand, now) if who.scopes is None else _token_refusal(who.scopes, demand)


def _session_refusal(who: Principal, demand: Demand, now: datetime) -> DomainError | None:
    if demand.dangerous and (who.proved_at is None or now - who.proved_at > PROOF_MAX):
        return Forbidden(
            "step_up_required", "Confirm with your password first: POST /api/auth/step-up, then try again."
        )
    return None


def _token_refusal(scopes: frozenset[str], demand: Demand) -> DomainError | None:
    if demand.session_only:
        return Forbidden("session_required", "An API token may not do this: sign in with a browser session.")
    if demand.scope is not None and not covers(scopes, demand.scope):
        return Forbidden("scope_missing", f"This API token lacks the scope {demand.scope}: make one that has it.")
    return None


def session_is_over(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    return now - seen_at > SESSION_IDLE or now - created_at > SESSION_MAX


EMAIL = re.compile(r"^[^\s@\"(),:;<>\[\]\\]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")


def clean_email(text: str) -> str:
    """The address in the form in which we store and compare it. Raises Invalid."""
    email = unicodedata.normalize("NFC", text.strip()).lower()
    if len(email) > 254 or not email.isprintable() or not EMAIL.match(email) or ".." in email:
        raise Invalid(
            "email_invalid",
            "That is not an e-mail address: use one like name@example.com.",
            errors={"email": ["Use an address like name@example.com."]},
        )
    return email


def clean_scopes(scopes: Iterable[str], known: frozenset[str] | None = None) -> list[str]:
    """Sorted, without doubles; none given means all. Raises Invalid for words that are no scope (of `known`)."""
    wanted = sorted(set(scopes)) or [ANY_SCOPE]
    for scope in wanted:
        if scope == ANY_SCOPE:
            continue
        if not SCOPE.match(scope) or (known is not None and scope not in known):
            offer = f" Known: {', '.join(sorted(known))}." if known else ""
            raise Invalid(
                "scope_unknown",
                f"A scope looks like pools:read or members:write, or * for all.{offer}",
                errors={"scopes": ["Use scopes that GET /api/auth/scopes lists."]},
            )
    return wanted
