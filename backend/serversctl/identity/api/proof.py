"""Checks of things that can be guessed, under the sign-in limits."""

from __future__ import annotations

from typing import Any

from flask import current_app

from ...kernel.db import reading, unit_of_work
from ...kernel.errors import Unauthorized
from ...kernel.http import wired
from .. import service
from ..access import Principal
from ..caller import caller_address
from ..service.signin import record_failure


def note_failure(email: str, why: Unauthorized) -> None:
    with unit_of_work(wired().sessions) as session:
        record_failure(session, email, why.code)


def slowly(email: str, check: Any) -> Any:
    """Run a check of something guessable under the sign-in limits of this user."""
    throttle = current_app.extensions["serversctl.throttle"]
    throttle.attempt(email, caller_address())
    result = check()
    throttle.succeeded(email)
    return result


def prove(who: Principal, password: str) -> None:
    """Check the caller's own password. Raises Forbidden-like Unauthorized under the sign-in limits."""

    def check() -> None:
        with reading(wired().sessions) as session:
            service.check_password(session, who.name, password)

    try:
        slowly(who.name, check)
    except Unauthorized as why:
        note_failure(who.name, why)
        raise
