"""Sign-in codes and recovery codes."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from ...kernel import http
from ...kernel.db import unit_of_work
from ...kernel.http import wired
from .. import schemas, service
from ..access import Role, allow, principal
from ..service.totp import codes_left
from ..tables import User
from .asking import now, own_user
from .blueprint import blp
from .proof import slowly


@blp.route("/auth/totp")
class Totp(MethodView):
    @allow(Role.VIEWER, "profile:read", session_only=True)
    @blp.response(200, schemas.TotpOut)
    def get(self) -> dict[str, Any]:
        """Whether sign-in codes are on"""
        user = own_user(principal())
        return {"enabled": user.totp_enabled, "recovery_codes_left": codes_left(http.session(), user)}

    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.response(201, schemas.TotpBegunOut)
    def post(self) -> dict[str, str]:
        """Begin to set up sign-in codes: a secret for the authenticator app"""
        secret, uri = service.begin_totp(http.session(), wired().sealer, own_user(principal()), wired().settings.brand)
        return {"secret": secret, "otpauth_uri": uri}

    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.arguments(schemas.TotpIn)
    @blp.response(200, schemas.RecoveryCodesOut)
    def put(self, order: dict[str, Any]) -> dict[str, list[str]]:
        """Turn sign-in codes on with a first code; gives the recovery codes"""
        who = principal()

        def enable() -> list[str]:
            with unit_of_work(wired().sessions) as session:
                user = session.get_one(User, who.user_id)
                return service.enable_totp(session, wired().sealer, user, order["code"], now())

        codes = slowly(who.name, enable)
        return {"recovery_codes": codes}

    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.response(204)
    def delete(self) -> None:
        """Turn sign-in codes off"""
        service.disable_totp(http.session(), own_user(principal()))


@blp.route("/auth/totp/recovery-codes")
class RecoveryCodes(MethodView):
    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.response(201, schemas.RecoveryCodesOut)
    def post(self) -> dict[str, list[str]]:
        """Make ten new recovery codes; the former ones are void"""
        return {"recovery_codes": service.new_codes(http.session(), own_user(principal()))}
