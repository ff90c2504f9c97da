"""How a user likes to see the dashboard."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from ...kernel import http
from .. import schemas, service
from ..access import Role, allow, principal
from .asking import own_user
from .blueprint import blp


@blp.route("/auth/preferences")
class Preferences(MethodView):
    @allow(Role.VIEWER, "profile:read")
    @blp.response(200, schemas.Preferences)
    def get(self) -> dict[str, Any]:
        """My preferences; defaults where I never chose"""
        return service.preferences_of(own_user(principal()))

    @allow(Role.VIEWER, "profile:write")
    @blp.arguments(schemas.Preferences)
    @blp.response(200, schemas.Preferences)
    def put(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Replace my preferences; what is left out is as at first"""
        return service.save_preferences(http.session(), own_user(principal()), wish)
