"""Cargo on the wire: an agent fetches the files of its running job, and hands over what it made.

The body of an answer or a request is the file itself; its SHA-256 stands in the sealed order or in the query.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import fields, validate

from ..identity.access import public
from ..kernel.http import Blueprint, WireSchema, session, wired
from . import schemas, service
from .calling_member import calling_member
from .service.cargo import PIECE_MAX_BYTES

blobs_blp = Blueprint(
    "agent_blobs", __name__, url_prefix="/api/agents/blobs", description="Files of jobs and backups, the agent's side"
)
_NAME = validate.Regexp(r"^[a-z][a-z0-9_.-]{0,63}\Z", error="Use the name that the job's order gives.")
_ATTEMPT = validate.Range(1, 1 << 30)


class InputIn(schemas.AgentSchema):
    attempt = fields.Integer(strict=True, required=True, validate=_ATTEMPT)
    name = fields.String(required=True, validate=_NAME, metadata={"example": "config"})


class OutputArgs(WireSchema):
    job_id = fields.UUID(required=True)
    attempt = fields.Integer(required=True, validate=_ATTEMPT)
    name = fields.String(required=True, validate=_NAME, metadata={"example": "config"})
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-fA-F]{64}\Z", error="64 hex digits."))
    hostname = fields.String(load_default=None, validate=validate.Length(max=253))


class OutputOut(WireSchema):
    size_bytes = fields.Integer(required=True)


@blobs_blp.route("/input")
class Input(MethodView):
    @public
    @blobs_blp.arguments(InputIn)
    @blobs_blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    def post(self, body: dict[str, Any]) -> Response:
        """Fetch a file of a running job"""
        member = calling_member(body["hostname"]).member
        job = service.job_of_member(session(), body["job_id"], member.id)
        data = service.input_for_agent(session(), wired().sealer, job, body["attempt"], body["name"])
        return Response(data, mimetype="application/octet-stream", headers={"Cache-Control": "no-store"})


@blobs_blp.route("/output")
class Output(MethodView):
    @public
    @blobs_blp.arguments(OutputArgs, location="query")
    @blobs_blp.response(200, OutputOut)
    def post(self, args: dict[str, Any]) -> dict[str, int]:
        """Hand over a file that a running job made; the body is the file"""
        member = calling_member(args["hostname"]).member
        job = service.job_of_member(session(), args["job_id"], member.id)
        request.max_content_length = PIECE_MAX_BYTES
        data = request.get_data(cache=False)
        told = {name: args[name] for name in ("attempt", "name", "sha256")}
        service.keep_output(session(), wired().sealer, job, data=data, **told)
        return {"size_bytes": len(data)}
