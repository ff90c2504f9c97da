"""The ordinary way of a heartbeat: what the gate does not answer from prebuilt bytes."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Response, current_app, request
from flask.views import MethodView

from ..identity.access import public
from ..identity.caller import caller_address
from ..kernel.http import Blueprint, session, wired
from ..members.release import built_version
from . import service
from .intake import check_envelope
from .replica import Replica

agent_blp = Blueprint("agents", __name__, url_prefix="/api/agents", description="Heartbeats, the agent's side")

BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["hostname"], "additionalProperties": True},
            "example": {"hostname": "lb1.example.com", "agentVersion": 100, "bootId": "b1", "seq": 41},
        }
    },
}


def replica_of(app: Flask) -> tuple[Replica, bool]:
    """The intake of this process and whether it runs by itself. Without the server it is driven by each request."""
    found = cast("Replica | None", app.extensions.get("serversctl.replica"))
    if found is not None:
        return found, True
    wiring = wired()
    made = app.extensions.get("serversctl.replica_here")
    if made is None:
        made = app.extensions["serversctl.replica_here"] = Replica(
            secret_key=wiring.settings.secret_key,
            sessions=wiring.sessions,
            redis=wiring.redis,
            latest_version=built_version(wiring.settings.agent_dist),
        )
    return cast(Replica, made), False


@agent_blp.route("/heartbeat")
class Heartbeat(MethodView):
    @public
    @agent_blp.doc(requestBody=BODY)  # type: ignore[no-untyped-call, untyped-decorator]
    @agent_blp.response(200, content_type="application/json", description="Interval, nonce, jobs and probes")
    def post(self) -> Any:
        """Say that a member lives"""
        check_envelope(request.content_length, request.headers.get("Content-Encoding"))
        replica, runs = replica_of(current_app._get_current_object())  # type: ignore[attr-defined]
        authorization = request.headers.get("Authorization")
        if not runs or not replica.intake.knows(authorization):
            replica.refresh()
        way = service.Ordinary(session(), wired().hooks.get("waiting_jobs"))
        try:
            answer = service.accept(replica.intake, authorization, caller_address(), request.get_data(), ordinary=way)
        finally:
            if not runs:
                replica.coalescer.flush()
        return Response(answer, content_type="application/json")
