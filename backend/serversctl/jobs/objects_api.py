"""Objects of backups on the wire: where each goes or comes from, and the way through us where the store signs nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, request
from flask.views import MethodView
from marshmallow import fields, validate

from ..identity.access import public
from ..kernel.db import database_now
from ..kernel.errors import Invalid
from ..kernel.http import Blueprint, WireSchema, session, wired
from ..storage.ports import PIECE_BYTES, ObjectMissing, Presigned, Store
from . import schemas, service
from .calling_member import calling_member
from .objects import NAME_MAX, Access, key_for
from .service.cargo import refuse_when_over
from .tables import Job

objects_blp = Blueprint(
    "agent_objects", __name__, url_prefix="/api/agents/blobs", description="Objects of backups, the agent's side"
)
OBJECT_MAX_BYTES = (16 << 20) + (1 << 16)
OBJECTS_MAX = 100
TTL_SEC = 900
_ATTEMPT = validate.Range(1, 1 << 30)
_NAME = validate.Regexp(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,4}\Z", error="This is no object's name."
)
_SHA256 = validate.Regexp(r"^[0-9a-f]{64}\Z", error="Use 64 hex digits.")
EXAMPLE = {"example": "packs/00112233445566778899aabbccddeeff"}


class UploadIn(WireSchema):
    name = fields.String(required=True, validate=[validate.Length(max=NAME_MAX), _NAME], metadata=EXAMPLE)
    size_bytes = fields.Integer(required=True, strict=True, validate=validate.Range(0, OBJECT_MAX_BYTES))
    sha256 = fields.String(required=True, validate=_SHA256, metadata={"example": "0" * 64})


class UploadsIn(schemas.AgentSchema):
    attempt = fields.Integer(required=True, strict=True, validate=_ATTEMPT)
    objects = fields.List(fields.Nested(UploadIn), required=True, validate=validate.Length(1, OBJECTS_MAX))


class DownloadsIn(schemas.AgentSchema):
    attempt = fields.Integer(required=True, strict=True, validate=_ATTEMPT)
    objects = fields.List(
        fields.String(validate=[validate.Length(max=NAME_MAX), _NAME], metadata=EXAMPLE),
        required=True, validate=validate.Length(1, OBJECTS_MAX),
    )  # fmt: skip


class PlaceOut(WireSchema):
    """Where one object goes or comes from. `url` is absolute, or a path of ours that wants the agent's secret."""

    name = fields.String(required=True)
    done = fields.Boolean(metadata={"description": "It is there already: send nothing"})
    url = fields.String()
    method = fields.String()
    headers = fields.Dict(keys=fields.String(), values=fields.String())
    expires_at = fields.AwareDateTime()


class UploadsOut(WireSchema):
    uploads = fields.List(fields.Nested(PlaceOut), required=True)


class DownloadsOut(WireSchema):
    downloads = fields.List(fields.Nested(PlaceOut), required=True)


class RelayArgs(WireSchema):
    attempt = fields.Integer(required=True, validate=_ATTEMPT)
    hostname = fields.String(load_default=None, validate=validate.Length(max=253))
    size_bytes = fields.Integer(load_default=None, validate=validate.Range(0, OBJECT_MAX_BYTES))
    sha256 = fields.String(load_default=None, validate=_SHA256)


def _job(job_id: UUID, attempt: int, hostname: str | None) -> Job:
    member = calling_member(hostname).member
    job = service.job_of_member(session(), job_id, member.id)
    refuse_when_over(job, attempt)
    return job


def _store() -> Store:
    store: Store = wired().store
    return store


@objects_blp.route("/uploads")
class Uploads(MethodView):
    @public
    @objects_blp.arguments(UploadsIn)
    @objects_blp.response(200, UploadsOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask where objects of a running job go; asked again, it says what has arrived already"""
        job = _job(body["job_id"], body["attempt"], body["hostname"])
        keys = [key_for(session(), job, wish["name"], Access.WRITE) for wish in body["objects"]]
        until = database_now(session()) + timedelta(seconds=TTL_SEC)
        session().rollback()  # nothing was written, and the store may be slow
        return {"uploads": [self._one(body, wish, key, until) for wish, key in zip(body["objects"], keys, strict=True)]}

    @staticmethod
    def _one(body: dict[str, Any], wish: dict[str, Any], key: str, until: datetime) -> dict[str, Any]:
        known = _store().head(key)
        if known is not None and known.size_bytes == wish["size_bytes"]:
            return {"name": wish["name"], "done": True}
        signed = _store().presign_put(key, size_bytes=wish["size_bytes"], sha256=wish["sha256"], ttl_sec=TTL_SEC)
        path = f"{_relay(body, wish['name'])}&sizeBytes={wish['size_bytes']}&sha256={wish['sha256']}"
        return _place(wish["name"], signed, path, "PUT", until)


@objects_blp.route("/downloads")
class Downloads(MethodView):
    @public
    @objects_blp.arguments(DownloadsIn)
    @objects_blp.response(200, DownloadsOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask where objects of a running job come from"""
        job = _job(body["job_id"], body["attempt"], body["hostname"])
        keys = {name: key_for(session(), job, name, Access.READ) for name in body["objects"]}
        until = database_now(session()) + timedelta(seconds=TTL_SEC)
        return {
            "downloads": [
                _place(name, _store().presign_get(key, ttl_sec=TTL_SEC), _relay(body, name), "GET", until)
                for name, key in keys.items()
            ]
        }


def _relay(body: dict[str, Any], name: str) -> str:
    who = f"&hostname={quote(body['hostname'], safe='')}" if body["hostname"] else ""
    return f"/api/agents/blobs/objects/{body['job_id']}/{name}?attempt={body['attempt']}{who}"


def _place(name: str, signed: Presigned | None, path: str, method: str, until: datetime) -> dict[str, Any]:
    if signed is None:
        headers = {"Content-Type": "application/octet-stream"} if method == "PUT" else {}
        return {"name": name, "url": path, "method": method, "headers": headers, "expires_at": until}
    return {
        "name": name, "url": signed.url, "method": signed.method, "headers": dict(signed.headers),
        "expires_at": signed.expires_at,
    }  # fmt: skip


@objects_blp.route("/objects/<uuid:job_id>/<path:name>")
class Relay(MethodView):
    @public
    @objects_blp.arguments(RelayArgs, location="query")
    @objects_blp.response(204)
    def put(self, args: dict[str, Any], job_id: UUID, name: str) -> None:
        """Store an object through us: exactly the bytes that were announced"""
        job = _job(job_id, args["attempt"], args["hostname"])
        key = key_for(session(), job, name, Access.WRITE)
        if args["size_bytes"] is None or args["sha256"] is None:
            raise Invalid("object_unannounced", "Say sizeBytes and sha256 in the query: ask /uploads for the address.")
        session().rollback()  # the body may be slow to come: hold no database connection meanwhile
        request.max_content_length = OBJECT_MAX_BYTES
        _store().put(key, _body(), size_bytes=args["size_bytes"], sha256=args["sha256"])

    @public
    @objects_blp.arguments(RelayArgs, location="query")
    @objects_blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    def get(self, args: dict[str, Any], job_id: UUID, name: str) -> Response:
        """Fetch an object through us, from an offset on when `Range: bytes=N-` asks for it"""
        job = _job(job_id, args["attempt"], args["hostname"])
        key = key_for(session(), job, name, Access.READ)
        known = _store().head(key)
        if known is None:
            raise ObjectMissing(name)
        matched = re.fullmatch(r"bytes=(\d{1,15})-", request.headers.get("Range", ""))
        start = min(int(matched.group(1)), known.size_bytes) if matched else 0
        headers = {"Content-Length": str(known.size_bytes - start), "Cache-Control": "no-store"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{known.size_bytes - 1}/{known.size_bytes}"
        session().rollback()
        return Response(
            _store().get(key, start), status=206 if start else 200, mimetype="application/octet-stream", headers=headers
        )


def _body() -> Iterator[bytes]:
    stream = request.stream
    if isinstance(stream, io.BytesIO):
        stream.seek(0)
    while piece := stream.read(PIECE_BYTES):
        yield piece
