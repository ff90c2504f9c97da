"""API tokens and the scopes that they may hold."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from ...kernel import http
from ...kernel.http import page_of
from ...kernel.paging import Page
from .. import policy, schemas, service
from ..access import Role, actor, allow, principal
from ..tables import ApiToken
from .asking import now, own_user
from .blueprint import blp


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
            own_user(principal()),
            name=order["name"],
            scopes=order["scopes"],
            expires_at=order["expires_at"],
            now=now(),
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
        service.revoke_token(http.session(), principal(), actor(), token_id, now())


def _app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]
