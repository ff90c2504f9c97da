"""Which member speaks: the contract's three checks, for everything but the heartbeat's hot path."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ...kernel.db import database_now
from ...kernel.errors import Forbidden, Unauthorized
from .. import rules
from ..tables import Member
from .enrolling import hash_of

SECRET = re.compile(r"[0-9a-f]{48}\Z")


@dataclass(frozen=True, slots=True)
class Proven:
    """The member, and the hash of the very secret that it showed."""

    member: Member
    secret_hash: str


def authenticate(session: Session, authorization: str | None, source: str | None, said_hostname: str | None) -> Proven:
    """The member behind a request. Raises Unauthorized or Forbidden: secret, then source address, then host name.

    said_hostname is None for older agents, which say their name in heartbeats only.
    """
    scheme, _, secret = (authorization or "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unauthorized("credential_missing", "Send the enrolment secret as `Authorization: Bearer <48 hex>`.")
    shown = hash_of(secret)
    member = session.scalar(select(Member).where(or_(Member.secret_hash == shown, Member.next_secret_hash == shown)))
    if member is None or not SECRET.match(secret) or not _is_valid(session, member, shown):
        raise Unauthorized("credential_unknown", "This enrolment secret is not known: enrol the member again.")
    if source is None:
        raise Forbidden(
            "source_ip_missing", "The proxy in front of the control plane did not say where the request came from."
        )
    if not rules.allows(member.allowed_ips, source):
        raise Forbidden(
            "ip_not_allowed",
            f"This request came from {source}, which is not among the allowed addresses of {member.hostname}.",
            extra={"seenAddress": source},
        )
    if said_hostname is not None and not rules.is_called(member.hostname, said_hostname):
        raise Forbidden(
            "hostname_mismatch",
            f"The agent says it is {said_hostname}, the member was enrolled as {member.hostname}: "
            "change the member's host name, or set BALCTL_HOSTNAME on the host.",
            extra={"saidHostname": said_hostname, "typedHostname": member.hostname},
        )
    return Proven(member, shown)


def _is_valid(session: Session, member: Member, shown: str) -> bool:
    until = member.next_secret_until
    return member.secret_hash == shown or until is None or until > database_now(session)
