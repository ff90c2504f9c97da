"""Passwords: change one's own, or set a new one with a mailed link."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app
from flask.views import MethodView

from ...kernel import http
from ...kernel.http import wired
from .. import schemas, service
from ..access import Role, allow, principal, public
from ..caller import caller_address
from ..rules import clean_email
from .asking import now, own_user_id
from .blueprint import blp
from .proof import prove


@blp.route("/auth/password")
class Password(MethodView):
    @allow(Role.VIEWER, "profile:write", session_only=True)
    @blp.arguments(schemas.PasswordIn)
    @blp.response(204)
    def post(self, order: dict[str, Any]) -> None:
        """Change the password; every other session ends"""
        who = principal()
        prove(who, order["current_password"])
        service.change_password(http.session(), own_user_id(who), who.session_id, order["new_password"])


@blp.route("/auth/reset")
class Reset(MethodView):
    @public
    @blp.arguments(schemas.ResetIn)
    @blp.response(202)
    def post(self, order: dict[str, Any]) -> Response:
        """Ask for a link by mail that sets a new password

        The answer is the same whether the address has a user or not.
        """
        email = clean_email(order["email"])
        current_app.extensions["serversctl.throttle"].attempt(f"reset:{email}", caller_address())
        service.request_reset(http.session(), wired().sealer, email, now())
        return Response(status=202)


@blp.route("/auth/reset/confirm")
class ResetConfirm(MethodView):
    @public
    @blp.arguments(schemas.ResetConfirmIn)
    @blp.response(204)
    def post(self, order: dict[str, Any]) -> None:
        """Set a password with a mailed link; every session ends, sign-in codes stay on"""
        current_app.extensions["serversctl.throttle"].attempt("reset-confirm", caller_address())
        service.confirm_reset(http.session(), order["token"], order["password"], now())
