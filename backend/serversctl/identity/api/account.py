"""The account and its users."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ...kernel import http
from ...kernel.errors import Invalid
from ...kernel.http import page_of, wired
from ...kernel.paging import Page
from .. import schemas, service
from ..access import Role, actor, allow, principal
from ..rules import clean_email
from ..tables import Account, User
from .asking import now
from .blueprint import blp


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
            now=now(),
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
