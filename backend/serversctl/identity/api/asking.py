"""Who asks, in the words of the views of this room, and the answer that tells who somebody is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request

from ...kernel import http
from ...kernel.errors import Unauthorized
from ...kernel.http import wired
from .. import editions, schemas, service
from ..access import Principal
from ..caller import csrf_token, set_cookie
from ..rules import PROOF_MAX
from ..tables import Account, User


def now() -> datetime:
    moment: datetime = wired().clock.now()
    return moment


def me_of(user: User, account: Account, who: Principal | None, csrf: str | None) -> dict[str, Any]:
    settings, moment = wired().settings, now()
    open_gates = editions.gates(account, settings, moment)
    proved = moment if who is None else who.proved_at
    return {
        "user": user,
        "account": account,
        "role": user.role,
        "scopes": None if who is None or who.scopes is None else sorted(who.scopes),
        "gates": open_gates,
        "locks": editions.locks(open_gates),
        "edition": settings.edition,
        "brand": settings.brand,
        "csrf_token": csrf,
        "stepped_up_until": proved + PROOF_MAX if proved else None,
        "preferences": service.preferences_of(user),
    }


def welcome(signed_in: service.SignedIn, account: Account, status: int) -> Response:
    answer = jsonify(schemas.MeOut().dump(me_of(signed_in.user, account, None, csrf_token(signed_in.cookie))))
    answer.status_code = status
    return set_cookie(answer, signed_in.cookie)


def own_user(who: Principal) -> User:
    user = http.session().get(User, who.user_id)
    if user is None:
        raise Unauthorized("not_signed_in", "The user is gone.")
    return user


def own_user_id(who: Principal) -> UUID:
    if who.user_id is None:
        raise Unauthorized("not_signed_in", "Sign in as a user.")
    return who.user_id


def own_session_id(who: Principal) -> UUID:
    if who.session_id is None:
        raise Unauthorized("not_signed_in", "Sign in with a browser session.")
    return who.session_id


def user_agent() -> str:
    return request.headers.get("User-Agent", "")
