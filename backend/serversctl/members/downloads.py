"""Downloads for hosts: the agent's bundle, its signed description and the key to check it with. Public, read-only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response
from flask.views import MethodView

from ..identity.access import public
from ..kernel.http import Blueprint, wired
from .release import VALID_FOR, Release, open_release

download_blp = Blueprint("download", __name__, url_prefix="/download", description="The agent, for hosts to fetch")
SIGN_AGAIN = VALID_FOR / 10


def release() -> Release:
    """The release of this process, signed anew when a tenth of its time has passed or the bundle changed."""
    wiring = wired()
    now: datetime = wiring.clock.now()
    kept: tuple[datetime, Release] | None = wiring.hooks["agent_release"]() if "agent_release" in wiring.hooks else None
    if kept is None or now - kept[0] > min(SIGN_AGAIN, timedelta(seconds=60)):
        settings = wiring.settings
        made = (now, open_release(settings.agent_dist, settings.data_dir, wiring.sealer, now))
        wiring.hooks["agent_release"] = lambda: made
        kept = made
    return kept[1]


def _file(body: bytes, kind: str, etag: str) -> Any:
    answer = Response(body, content_type=kind)
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@download_blp.route("/agent.zip")
class AgentZip(MethodView):
    @public
    @download_blp.response(200, content_type="application/zip", description="The bundle")
    def get(self) -> Any:
        """The agent's bundle"""
        found = release()
        return _file(found.archive, "application/zip", found.sha256)


@download_blp.route("/agent.json")
class AgentJson(MethodView):
    @public
    @download_blp.response(200, content_type="application/json", description="Version, SHA-256, manifest, signatures")
    def get(self) -> Any:
        """The bundle's version, SHA-256 and signature"""
        found = release()
        return Response(found.document, content_type="application/json", headers={"Cache-Control": "no-cache"})


@download_blp.route("/update-key.pem")
class UpdateKey(MethodView):
    @public
    @download_blp.response(200, content_type="application/x-pem-file", description="Public key, PEM")
    def get(self) -> Any:
        """The key that signs releases"""
        return Response(release().public_key, content_type="application/x-pem-file")
