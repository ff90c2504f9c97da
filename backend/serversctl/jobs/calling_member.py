"""Which member sends this request: secret, then source address, as for heartbeats."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from uuid import UUID

from flask import request
from sqlalchemy import or_, select

from ..identity.caller import caller_address
from ..kernel.db import database_now
from ..kernel.errors import Forbidden, Unauthorized
from ..kernel.http import session
from ..members.tables import Member

_SECRET = re.compile(r"[0-9a-f]{48}\Z")


@dataclass(frozen=True, slots=True)
class CallingMember:
    """The member and the hash of the very secret that it showed: jobs are sealed with that one."""

    id: UUID
    secret_hash: str


def calling_member() -> CallingMember:
    """The member behind this request. Raises Unauthorized or Forbidden in the contract's order."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Unauthorized("credential_missing", "Send the enrolment secret as `Authorization: Bearer …`.")
    shown = hashlib.sha256(secret.strip().encode()).hexdigest()
    member = session().scalar(select(Member).where(or_(Member.secret_hash == shown, Member.next_secret_hash == shown)))
    if member is None or not _SECRET.match(secret.strip()) or not _still_valid(member, shown):
        raise Unauthorized("credential_unknown", "This enrolment secret is not known: enrol the member again.")
    address = caller_address()
    if address is None:
        raise Forbidden("source_ip_missing", "The proxy in front of us did not say where the request came from.")
    networks = [ipaddress.ip_network(text, strict=False) for text in member.allowed_ips]
    if not any(ipaddress.ip_address(address) in network for network in networks):
        raise Forbidden(
            "ip_not_allowed", f"Requests from {address} are not allowed for this member: add it to its addresses.",
            extra={"seenAddress": address},
        )  # fmt: skip
    return CallingMember(member.id, shown)


def _still_valid(member: Member, shown: str) -> bool:
    if member.secret_hash == shown:
        return True
    return member.next_secret_until is None or member.next_secret_until > database_now(session())
