"""The route of what deserves attention."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from flask.views import MethodView

from ..heartbeats.latest import LatestFacts
from ..identity.access import Role, allow, principal
from ..kernel.errors import Unavailable
from ..kernel.http import Blueprint, session, wired
from ..members.release import built_version
from . import schemas, service
from .certificates import KeptCertificates

blp = Blueprint("attention", __name__, url_prefix="/api", description="What a person should look at now")


def _certificates(facts: LatestFacts) -> KeptCertificates:
    hooks = wired().hooks
    if "kept_certificates" not in hooks:
        kept = KeptCertificates(facts, wired().clock)
        hooks["kept_certificates"] = lambda: kept
    return cast(KeptCertificates, hooks["kept_certificates"]())


def _heard(account_id: UUID) -> service.Heard:
    ids, facts = service.member_ids(session(), account_id), LatestFacts(wired().redis)
    try:
        return service.Heard(facts.of_text(ids), _certificates(facts).of(account_id, ids))
    except Unavailable:
        return service.Heard(None, {})


@blp.route("/attention")
class Attention(MethodView):
    @allow(Role.VIEWER, "pools:read")
    @blp.response(200, schemas.AttentionOut)
    def get(self) -> dict[str, Any]:
        """What a person should look at now, across all pools, worst first"""
        account_id = principal().account_id
        items, more = service.attention(
            session(), account_id, _heard(account_id), latest_agent=built_version(wired().settings.agent_dist)
        )
        return {"items": items, "more": more}
