"""The ways in and out: register, sign in, sign out, who am I, step up."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request
from flask.views import MethodView

from ...kernel import http
from ...kernel.db import reading, unit_of_work
from ...kernel.errors import Unauthorized
from ...kernel.http import wired
from .. import passwords, schemas, service
from ..access import Role, allow, principal, public
from ..caller import caller_address, cookie_name, csrf_token, set_cookie
from ..rules import clean_email
from ..service.signin import start_session
from ..tables import Account
from .asking import me_of, now, own_session_id, own_user, user_agent, welcome
from .blueprint import blp
from .proof import note_failure, prove


@blp.route("/auth/registration")
class Registration(MethodView):
    @public
    @blp.response(200, schemas.RegistrationOut)
    def get(self) -> dict[str, Any]:
        """Whether one may register here"""
        settings = wired().settings
        state = service.registration_state(http.session(), settings)
        return {
            "open": state.open,
            "setup_required": state.setup_required,
            "brand": settings.brand,
            "edition": settings.edition,
            "mail": bool(settings.smtp_url),
        }


@blp.route("/auth/register")
class Register(MethodView):
    @public
    @blp.arguments(schemas.RegisterIn)
    @blp.response(201, schemas.MeOut)
    def post(self, order: dict[str, Any]) -> Response:
        """Register an account

        The first user of an installation needs the set-up token that the console printed.
        """
        email = clean_email(order["email"])
        passwords.check_new(order["password"], email)
        current_app.extensions["serversctl.throttle"].attempt(f"register:{email}", caller_address())
        hashed = passwords.hash_password(order["password"])
        session, moment = http.session(), now()
        user = service.register(
            session,
            wired().settings,
            moment,
            email=email,
            password=order["password"],
            password_hash=hashed,
            account_name=order["account_name"],
            setup_token=order["setup_token"],
        )
        signed_in = start_session(session, user, moment, address=caller_address(), user_agent=user_agent())
        return welcome(signed_in, session.get_one(Account, user.account_id), 201)


@blp.route("/auth/login")
class Login(MethodView):
    @public
    @blp.arguments(schemas.LoginIn)
    @blp.response(200, schemas.MeOut)
    def post(self, order: dict[str, Any]) -> Response:
        """Sign in

        Answers 401 `totp_required` when the user has sign-in codes on and none was sent.
        """
        email = clean_email(order["email"])
        throttle = current_app.extensions["serversctl.throttle"]
        throttle.attempt(email, caller_address())
        try:
            with reading(wired().sessions) as session:
                user_id = service.check_password(session, email, order["password"])
            with unit_of_work(wired().sessions) as session:
                signed_in = service.open_session(
                    session,
                    wired().sealer,
                    user_id,
                    order["password"],
                    now(),
                    code=order["code"],
                    recovery_code=order["recovery_code"],
                    address=caller_address(),
                    user_agent=user_agent(),
                )
                account = session.get_one(Account, signed_in.user.account_id)
        except Unauthorized as why:
            note_failure(email, why)
            raise
        throttle.succeeded(email)
        return welcome(signed_in, account, 200)


@blp.route("/auth/logout")
class Logout(MethodView):
    @allow(Role.VIEWER, "profile:write", session_only=True)
    @blp.response(204)
    def post(self) -> Response:
        """Sign out"""
        who = principal()
        if who.user_id and who.session_id:
            service.close_session(http.session(), who.user_id, who.session_id)
        return set_cookie(Response(status=204), None)


@blp.route("/auth/me")
class Me(MethodView):
    @allow(Role.VIEWER, "profile:read")
    @blp.response(200, schemas.MeOut)
    def get(self) -> dict[str, Any]:
        """Who am I, what may I do, which gates are open"""
        who = principal()
        cookie = request.cookies.get(cookie_name(wired().settings))
        csrf = csrf_token(cookie) if cookie and who.session_id else None
        return me_of(own_user(who), http.session().get_one(Account, who.account_id), who, csrf)


@blp.route("/auth/step-up")
class StepUp(MethodView):
    @allow(Role.VIEWER, "profile:write", session_only=True)
    @blp.arguments(schemas.StepUpIn)
    @blp.response(200, schemas.MeOut)
    def post(self, order: dict[str, Any]) -> Response:
        """Prove presence again

        Dangerous operations want a proof that is at most 5 minutes old. The session gets a new cookie and CSRF token.
        """
        who = principal()
        prove(who, order["password"])
        with unit_of_work(wired().sessions) as session:
            signed_in = service.step_up(
                session,
                wired().sealer,
                own_session_id(who),
                now(),
                code=order["code"],
                recovery_code=order["recovery_code"],
            )
            account = session.get_one(Account, who.account_id)
        return welcome(signed_in, account, 200)
