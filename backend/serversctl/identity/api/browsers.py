"""My signed-in browsers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView

from ...kernel import http
from ...kernel.http import page_of
from ...kernel.paging import Page
from .. import schemas, service
from ..access import Principal, Role, allow, principal
from ..tables import UserSession
from .asking import now, own_user_id
from .blueprint import blp


@blp.route("/auth/sessions")
class Sessions(MethodView):
    @allow(Role.VIEWER, "profile:read", session_only=True)
    @blp.response(200, page_of(schemas.SessionOut))
    def get(self) -> Page[Any]:
        """My signed-in browsers"""
        who = principal()
        rows = service.list_sessions(http.session(), own_user_id(who), now())
        return Page([_session_line(row, who) for row in rows], None)


@blp.route("/auth/sessions/<uuid:session_id>")
class OneSession(MethodView):
    @allow(Role.VIEWER, "profile:write", session_only=True)
    @blp.response(204)
    def delete(self, session_id: UUID) -> None:
        """Sign one of my browsers out"""
        service.close_session(http.session(), own_user_id(principal()), session_id)


def _session_line(row: UserSession, who: Principal) -> dict[str, Any]:
    columns: Sequence[str] = ("id", "created_at", "seen_at", "address", "user_agent")
    return {**{name: getattr(row, name) for name in columns}, "current": row.id == who.session_id}
