"""Every refusal leaves as application/problem+json (RFC 9457) with a stable code."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import Any, cast

from flask import Flask, Response, current_app
from flask_smorest import Api
from marshmallow import fields
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from ..kernel.errors import Conflict, DomainError, Invalid, Unavailable
from ..kernel.http import WireSchema
from ..kernel.sealed import CannotOpen

log = logging.getLogger(__name__)

# Codes for refusals that come from routing and parsing rather than from a room.
PLAIN_CODES = {
    400: "bad_request", 401: "not_signed_in", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 413: "body_too_large", 415: "unsupported_media_type", 422: "validation_failed",
    429: "too_many_requests", 500: "internal_error", 503: "unavailable",
}  # fmt: skip


PLAIN_DETAILS = {
    404: "There is nothing at this address: compare it with /api/docs.",
    405: "This address does not take that method; the Allow header lists those it takes.",
    413: "The body is larger than this address accepts: send less.",
}


class ProblemSchema(WireSchema):
    """RFC 9457 problem details."""

    type = fields.String(required=True, metadata={"description": "A URI that names the kind of problem"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "Stable, for programs"})
    detail = fields.String(required=True, metadata={"description": "What happened and the fix"})
    errors = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), metadata={"description": "Sentences by field"}
    )


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """A problem answer; `extra` members (errors, state …) go beside the standard ones."""
    body = {
        "type": f"urn:serversctl:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **{k: v for k, v in extra.items() if v},
    }
    answer = cast(Response, current_app.json.response(body))
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def _flatten(messages: Any, path: str = "") -> dict[str, list[str]]:
    """webargs' nested messages ({json: {field: [..]}}) as {"field.sub": [..]}."""
    if isinstance(messages, dict):
        flat: dict[str, list[str]] = {}
        for key, value in messages.items():
            place = {"json": "", "query": "", "form": ""}.get(str(key), str(key)) if not path else str(key)
            flat.update(_flatten(value, ".".join(part for part in (path, place) if part)))
        return flat
    sentences = messages if isinstance(messages, list) else [messages]
    return {path or "body": [str(sentence) for sentence in sentences]}


def _database_refusal(error: Exception) -> DomainError | None:
    """What a database error means to the caller, or None when it is our own bug."""
    if isinstance(error, IntegrityError):
        return Conflict("conflict", "It clashes with what is stored already: read it again and retry.")
    if isinstance(error, DataError) or isinstance(getattr(error, "orig", error), OverflowError):
        return Invalid("value_out_of_range", "A number or a time is beyond what can be stored: use a smaller one.")
    if isinstance(error, OperationalError | PoolTimeout):
        return Unavailable("database_unavailable", "The database does not answer: try again in a few seconds.")
    return None


class ProblemApi(Api):
    """flask-smorest's Api whose every error is a problem document."""

    ERROR_SCHEMA = ProblemSchema  # type: ignore[assignment]

    def _register_error_handlers(self) -> None:
        app: Flask = self._app
        app.register_error_handler(HTTPException, self.handle_http_exception)
        app.register_error_handler(DomainError, self.handle_domain_error)
        app.register_error_handler(CannotOpen, self.handle_lost_key)
        app.register_error_handler(Exception, self.handle_crash)

    def handle_http_exception(self, error: HTTPException) -> Response:
        status = error.code or 500
        data = getattr(error, "data", None) or {}
        messages = data.get("messages") or data.get("errors")
        if messages:
            errors = _flatten(messages)
            first = next(iter(errors.items()))
            detail = f"{first[0]}: {first[1][0]}" if first[0] != "body" else first[1][0]
            return problem(status, PLAIN_CODES.get(status, "error"), detail, errors=errors)
        detail = PLAIN_DETAILS.get(status) or error.description or HTTPStatus(status).phrase
        answer = problem(status, PLAIN_CODES.get(status, "error"), detail)
        if status == 405 and getattr(error, "valid_methods", None):
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
        return answer

    def handle_lost_key(self, error: CannotOpen) -> Response:
        """Something at rest does not open: its operator has to bring the key back, and a retry does not help."""
        return self.handle_domain_error(Conflict("secret_does_not_open", str(error)))

    def handle_domain_error(self, error: DomainError) -> Response:
        answer = problem(error.status, error.code, error.detail, errors=error.errors, **error.extra)
        wait = getattr(error, "retry_after_sec", None)
        if wait is not None:
            answer.headers["Retry-After"] = str(max(1, math.ceil(wait)))
        return answer

    def handle_crash(self, error: Exception) -> Response:
        known = _database_refusal(error)
        if known is not None:
            log.warning("the database refused: %s", error)
            return self.handle_domain_error(known)
        log.error("unhandled error", exc_info=error)
        return problem(500, "internal_error", "Something broke on our side; the log has the request id.")
