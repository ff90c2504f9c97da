"""The blueprint that all routes of this room are on."""

from __future__ import annotations

from ...kernel.http import Blueprint

blp = Blueprint(
    "identity", "serversctl.identity.api", url_prefix="/api",
    description="Sign-in, account, users, tokens, audit trail",
)  # fmt: skip
