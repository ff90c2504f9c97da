"""The routes of identity: the ways in, the account and its users, the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from marshmallow import RAISE

from ..kernel import http
from ..kernel.db import reading, unit_of_work
from ..kernel.errors import Invalid, Unauthorized
from ..kernel.http import Blueprint, page_of, wired
from ..kernel.paging import Page
from . import audit_trail, editions, passwords, policy, schemas, service
from .access import Principal, Role, actor, allow, principal, public
from .caller import caller_address, cookie_name, csrf_token, set_cookie
from .rules import PROOF_MAX, clean_email
from .service.signin import record_failure, start_session
from .service.totp import codes_left
from .tables import Account, ApiToken, AuditEntry, User, UserSession

blp = Blueprint("identity", __name__, url_prefix="/api", description="Sign-in, account, users, tokens, audit trail")


def _now() -> datetime:
    moment: datetime = wired().clock.now()
    return moment


def _me(user: User, account: Account, who: Principal | None, csrf: str | None) -> dict[str, Any]:
    settings, now = wired().settings, _now()
    open_gates = editions.gates(account, settings, now)
    proved = now if who is None else who.proved_at
    return {
        "user": user,
        "account": account,
        "role": user.role,
        "scopes": None if who is None or who.scopes is None else sorted(who.scopes),
        "gates": open_gates,
        "locks": editions.locks(open_gates),
        "edition": settings.edition,
        "csrf_token": csrf,
        "stepped_up_until": proved + PROOF_MAX if proved else None,
    }


def _welcome(signed_in: service.SignedIn, account: Account, status: int) -> Response:
    answer = jsonify(schemas.MeOut().dump(_me(signed_in.user, account, None, csrf_token(signed_in.cookie))))
    answer.status_code = status
    return set_cookie(answer, signed_in.cookie)


def _user(who: Principal) -> User:
    user = http.session().get(User, who.user_id)
    if user is None:
        raise Unauthorized("not_signed_in", "The user is gone.")
    return user


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
        session, now = http.session(), _now()
        user = service.register(
            session,
            wired().settings,
            now,
            email=email,
            password=order["password"],
            password_hash=hashed,
            account_name=order["account_name"],
            setup_token=order["setup_token"],
        )
        signed_in = start_session(session, user, now, address=caller_address(), user_agent=_user_agent())
        return _welcome(signed_in, session.get_one(Account, user.account_id), 201)


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
                    _now(),
                    code=order["code"],
                    recovery_code=order["recovery_code"],
                    address=caller_address(),
                    user_agent=_user_agent(),
                )
                account = session.get_one(Account, signed_in.user.account_id)
        except Unauthorized as why:
            _note_failure(email, why)
            raise
        throttle.succeeded(email)
        return _welcome(signed_in, account, 200)


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
        return _me(_user(who), http.session().get_one(Account, who.account_id), who, csrf)


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
        _prove(who, order["password"])
        with unit_of_work(wired().sessions) as session:
            signed_in = service.step_up(
                session,
                wired().sealer,
                _session_id(who),
                _now(),
                code=order["code"],
                recovery_code=order["recovery_code"],
            )
            account = session.get_one(Account, who.account_id)
        return _welcome(signed_in, account, 200)


@blp.route("/auth/password")
class Password(MethodView):
    @allow(Role.VIEWER, "profile:write", session_only=True)
    @blp.arguments(schemas.PasswordIn)
    @blp.response(204)
    def post(self, order: dict[str, Any]) -> None:
        """Change the password; every other session ends"""
        who = principal()
        _prove(who, order["current_password"])
        service.change_password(http.session(), _user_id(who), who.session_id, order["new_password"])


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
        service.request_reset(http.session(), wired().sealer, email, _now())
        return Response(status=202)


@blp.route("/auth/reset/confirm")
class ResetConfirm(MethodView):
    @public
    @blp.arguments(schemas.ResetConfirmIn)
    @blp.response(204)
    def post(self, order: dict[str, Any]) -> None:
        """Set a password with a mailed link; every session ends, sign-in codes stay on"""
        current_app.extensions["serversctl.throttle"].attempt("reset-confirm", caller_address())
        service.confirm_reset(http.session(), order["token"], order["password"], _now())


@blp.route("/auth/sessions")
class Sessions(MethodView):
    @allow(Role.VIEWER, "profile:read", session_only=True)
    @blp.response(200, page_of(schemas.SessionOut))
    def get(self) -> Page[Any]:
        """My signed-in browsers"""
        who = principal()
        rows = service.list_sessions(http.session(), _user_id(who), _now())
        return Page([_session_line(row, who) for row in rows], None)


@blp.route("/auth/sessions/<uuid:session_id>")
class OneSession(MethodView):
    @allow(Role.VIEWER, "profile:write", session_only=True)
    @blp.response(204)
    def delete(self, session_id: UUID) -> None:
        """Sign one of my browsers out"""
        service.close_session(http.session(), _user_id(principal()), session_id)


@blp.route("/auth/totp")
class Totp(MethodView):
    @allow(Role.VIEWER, "profile:read", session_only=True)
    @blp.response(200, schemas.TotpOut)
    def get(self) -> dict[str, Any]:
        """Whether sign-in codes are on"""
        user = _user(principal())
        return {"enabled": user.totp_enabled, "recovery_codes_left": codes_left(http.session(), user)}

    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.response(201, schemas.TotpBegunOut)
    def post(self) -> dict[str, str]:
        """Begin to set up sign-in codes: a secret for the authenticator app"""
        secret, uri = service.begin_totp(http.session(), wired().sealer, _user(principal()), wired().settings.brand)
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
                return service.enable_totp(session, wired().sealer, user, order["code"], _now())

        codes = _slowly(who.name, enable)
        return {"recovery_codes": codes}

    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.response(204)
    def delete(self) -> None:
        """Turn sign-in codes off"""
        service.disable_totp(http.session(), _user(principal()))


@blp.route("/auth/totp/recovery-codes")
class RecoveryCodes(MethodView):
    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.response(201, schemas.RecoveryCodesOut)
    def post(self) -> dict[str, list[str]]:
        """Make ten new recovery codes; the former ones are void"""
        return {"recovery_codes": service.new_codes(http.session(), _user(principal()))}


@blp.route("/auth/scopes")
class Scopes(MethodView):
    @allow(Role.VIEWER, "profile:read")
    @blp.response(200, schemas.ScopesOut)
    def get(self) -> dict[str, list[str]]:
        """The scopes that an API token may hold"""
        return {"items": ["*", *sorted(policy.scopes(_app()))]}


@blp.route("/auth/tokens")
class Tokens(MethodView):
    @allow(Role.VIEWER, "profile:read")
    @blp.response(200, page_of(schemas.TokenOut))
    def get(self) -> Page[ApiToken]:
        """API tokens: mine, or all of the account's for admins"""
        return Page(service.list_tokens(http.session(), principal()), None)

    @allow(Role.VIEWER, "profile:write", dangerous=True, session_only=True)
    @blp.arguments(schemas.TokenIn)
    @blp.response(201, schemas.TokenMadeOut)
    def post(self, order: dict[str, Any]) -> dict[str, Any]:
        """Make an API token; the text is shown this once"""
        row, text = service.mint_token(
            http.session(),
            _user(principal()),
            name=order["name"],
            scopes=order["scopes"],
            expires_at=order["expires_at"],
            now=_now(),
            by=actor(),
            known_scopes=policy.scopes(_app()),
        )
        return {"item": row, "token": text}


@blp.route("/auth/tokens/<uuid:token_id>")
class OneToken(MethodView):
    @allow(Role.VIEWER, "profile:write", session_only=True)
    @blp.response(204)
    def delete(self, token_id: UUID) -> None:
        """Revoke an API token"""
        service.revoke_token(http.session(), principal(), actor(), token_id, _now())


@blp.route("/account")
class OneAccount(MethodView):
    @allow(Role.VIEWER, "account:read")
    @blp.response(200, schemas.AccountOut)
    def get(self) -> Account:
        """My account"""
        return http.session().get_one(Account, principal().account_id)

    @allow(Role.ADMIN, "account:write")
    @blp.arguments(schemas.AccountIn)
    @blp.response(200, schemas.AccountOut)
    def patch(self, changes: dict[str, Any]) -> Account:
        """Change the account's name and where its alerts go"""
        return service.change_account(http.session(), principal(), actor(), _clean_account(changes))


@blp.route("/users")
class Users(MethodView):
    @allow(Role.VIEWER, "users:read")
    @blp.response(200, page_of(schemas.UserOut))
    def get(self) -> Page[User]:
        """The account's users"""
        return Page(service.list_users(http.session(), principal().account_id), None)

    @allow(Role.ADMIN, "users:write", dangerous=True)
    @blp.arguments(schemas.InviteIn)
    @blp.response(201, schemas.InvitedOut)
    def post(self, order: dict[str, Any]) -> dict[str, Any]:
        """Invite somebody to the account; they set a password with a mailed link"""
        user, token = service.invite(
            http.session(),
            wired().sealer,
            principal(),
            actor(),
            email=order["email"],
            role=Role.of(order["role"]),
            now=_now(),
        )
        return {"user": user, "invite_token": None if wired().settings.smtp_url else token}


@blp.route("/users/<uuid:user_id>")
class OneUser(MethodView):
    @allow(Role.ADMIN, "users:write", dangerous=True)
    @blp.arguments(schemas.RoleIn)
    @blp.response(200, schemas.UserOut)
    def patch(self, order: dict[str, Any], user_id: UUID) -> User:
        """Change a user's role"""
        return service.change_role(http.session(), principal(), actor(), user_id, Role.of(order["role"]))

    @allow(Role.ADMIN, "users:write", dangerous=True)
    @blp.response(204)
    def delete(self, user_id: UUID) -> None:
        """Remove a user with their sessions and tokens"""
        service.remove_user(http.session(), principal(), actor(), user_id)


@blp.route("/audit")
class Audit(MethodView):
    @allow(Role.ADMIN, "audit:read")
    @blp.arguments(schemas.AuditArgs, location="query", unknown=RAISE)
    @blp.response(200, page_of(schemas.AuditOut))
    def get(self, args: dict[str, Any]) -> Page[AuditEntry]:
        """The audit trail, newest first"""
        limit, cursor = args.pop("limit"), args.pop("cursor")
        return audit_trail.page(
            http.session(), principal().account_id, audit_trail.Filters(**args), limit=limit, cursor=cursor
        )


@blp.route("/audit/export")
class AuditExport(MethodView):
    @allow(Role.ADMIN, "audit:read")
    @blp.arguments(schemas.AuditExportArgs, location="query", unknown=RAISE)
    @blp.response(200, content_type="application/json", description="A JSON list, or CSV with `format=csv`")
    def get(self, args: dict[str, Any]) -> Response:
        """The audit trail as a file"""
        kind = args.pop("format")
        lines = _export(principal().account_id, audit_trail.Filters(**args), kind)
        answer = Response(lines, mimetype="text/csv" if kind == "csv" else "application/json")
        answer.headers["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
        return answer


@blp.route("/audit/head")
class AuditHead(MethodView):
    @allow(Role.ADMIN, "audit:read")
    @blp.response(200, schemas.AuditHeadOut)
    def get(self) -> audit_trail.SignedHead:
        """The signed end of the account's audit chain, to be kept elsewhere"""
        return audit_trail.signed_head(http.session(), principal().account_id, wired().settings.secret_key, _now())


def _export(account_id: UUID, filters: audit_trail.Filters, kind: str) -> Iterator[str]:
    sessions = wired().sessions

    def lines() -> Iterator[str]:
        with reading(sessions) as session:
            yield from audit_trail.export_lines(audit_trail.entries(session, account_id, filters), kind)

    return lines()


def _note_failure(email: str, why: Unauthorized) -> None:
    with unit_of_work(wired().sessions) as session:
        record_failure(session, email, why.code)


def _slowly(email: str, check: Any) -> Any:
    """Run a check of something guessable under the sign-in limits of this user."""
    throttle = current_app.extensions["serversctl.throttle"]
    throttle.attempt(email, caller_address())
    result = check()
    throttle.succeeded(email)
    return result


def _prove(who: Principal, password: str) -> None:
    """Check the caller's own password. Raises Forbidden-like Unauthorized under the sign-in limits."""

    def check() -> None:
        with reading(wired().sessions) as session:
            service.check_password(session, who.name, password)

    try:
        _slowly(who.name, check)
    except Unauthorized as why:
        _note_failure(who.name, why)
        raise


def _clean_account(changes: dict[str, Any]) -> dict[str, Any]:
    if changes.get("alert_email"):
        changes["alert_email"] = _clean(changes["alert_email"], "alertEmail")
    if "team_inboxes" in changes:
        changes["team_inboxes"] = sorted({_clean(inbox, "teamInboxes") for inbox in changes["team_inboxes"]})
    if "name" in changes and not changes["name"].strip():
        raise Invalid("name_missing", "Give the account a name.", errors={"name": ["Use a name."]})
    return changes


def _clean(text: str, field: str) -> str:
    try:
        return clean_email(text)
    except Invalid as why:
        raise Invalid(why.code, why.detail, errors={field: why.errors["email"]}) from None


def _session_line(row: UserSession, who: Principal) -> dict[str, Any]:
    columns: Sequence[str] = ("id", "created_at", "seen_at", "address", "user_agent")
    return {**{name: getattr(row, name) for name in columns}, "current": row.id == who.session_id}


def _user_agent() -> str:
    return request.headers.get("User-Agent", "")


def _user_id(who: Principal) -> UUID:
    if who.user_id is None:
        raise Unauthorized("not_signed_in", "Sign in as a user.")
    return who.user_id


def _session_id(who: Principal) -> UUID:
    if who.session_id is None:
        raise Unauthorized("not_signed_in", "Sign in with a browser session.")
    return who.session_id


def _app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]
