"""Which member sends this request, as its own room proves it."""

from __future__ import annotations

from flask import request

from ..identity.caller import caller_address
from ..kernel.http import session
from ..members.service import Proven, authenticate


def calling_member(said_hostname: str | None) -> Proven:
    """The member, and the hash of the very secret that it showed: its jobs are sealed with that one."""
    return authenticate(session(), request.headers.get("Authorization"), caller_address(), said_hostname)
