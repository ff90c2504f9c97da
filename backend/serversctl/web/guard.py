"""Before every view: the policy table, the caller, the page it came from, the limits of the body and of the pace."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import OperationalError

from ..identity import audit
from ..identity.caller import caller_address, find_caller, refuse_foreign_pages, refuse_without_csrf_token
from ..identity.policy import demand_of
from ..identity.rules import refusal
from ..identity.service import touch_session, touch_token
from ..kernel.db import unit_of_work
from ..kernel.errors import DomainError, TooMany
from ..kernel.http import wired
from ..kernel.logging import request_id

log = logging.getLogger("serversctl.access")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WINDOW_SEC = 60
AGENTS = "/api/agents/"
POLLED = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds: no news when all is well
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class UnsupportedBody(DomainError):
    """The body is of a kind that this operation does not read."""

    status = 415


def install(app: Flask) -> None:
    app.before_request(name_request)
    app.before_request(check)
    app.after_request(touch)
    app.after_request(log_request)


def name_request() -> None:
    """Give the request an id: the proxy's when it is a plain one, or our own."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8)
    g.began = time.perf_counter()
    request_id.set(g.request_id)
    audit.origin.set(audit.Origin(None, g.request_id))  # threads are used again: nothing of the request before


def check() -> None:
    """Refuse what the policy table does not allow. Unknown addresses and methods go on to their 404 and 405."""
    if request.url_rule is None or request.method == "OPTIONS":
        return
    app = current_app
    demand = demand_of(app, request.endpoint or "", request.method)
    if demand is not None and demand.role is None and request.path.startswith(AGENTS):
        return  # members prove themselves to the room that serves them
    audit.origin.set(audit.Origin(caller_address(), g.request_id))
    wants_caller = demand is None or demand.role is not None
    caller = find_caller() if wants_caller else None
    now = wired().clock.now()
    refused = refusal(caller.who if caller else None, demand, now)
    if request.method not in SAFE:
        if caller is None or caller.by_cookie:
            refuse_foreign_pages()
        _limit_pace(app, str(caller.who.token_id or caller.who.user_id) if caller else f"at {caller_address()}")
    if refused is not None:
        raise refused
    if caller is not None:
        if caller.by_cookie and request.method not in SAFE:
            refuse_without_csrf_token()
        g.caller, g.principal = caller, caller.who
    _check_body(app)


def touch(response: Response) -> Response:
    """Note that the session or token was used: at most now and then, and never inside the view's transaction."""
    caller = g.get("caller")
    if caller is not None and caller.stale and response.status_code < 500:
        now = wired().clock.now()
        try:
            with unit_of_work(wired().sessions) as session:
                if caller.by_cookie:
                    touch_session(session, caller.who.session_id, now)
                else:
                    touch_token(session, caller.who.token_id, now)
        except OperationalError as why:
            log.warning("could not note the last use: %s", why)
    return response


def log_request(response: Response) -> Response:
    millis = (time.perf_counter() - g.get("began", time.perf_counter())) * 1000
    if not request.path.startswith(AGENTS):
        level = logging.DEBUG if request.path in POLLED and response.status_code < 400 else logging.INFO
        log.log(level, "%s %s %s %.0f ms", request.method, request.path, response.status_code, millis)
    return response


def _limit_pace(app: Flask, caller: str) -> None:
    most = app.config["WRITES_PER_MINUTE"]
    count, left_sec = app.extensions["serversctl.paces"].add(f"writes:{caller}", WINDOW_SEC)
    if count > most:
        raise TooMany(
            "too_many_requests",
            f"More than {most} changes in a minute: wait {max(1, round(left_sec))} seconds.",
            retry_after_sec=left_sec,
        )


def _check_body(app: Flask) -> None:
    """Operations that read JSON take nothing else, and nothing compressed: that is how bombs come in."""
    if request.method in SAFE:
        return
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedBody("compressed_body", "Send the body as it is, without Content-Encoding.")
    if not _reads_json(app):
        return
    if not request.is_json:
        raise UnsupportedBody("unsupported_media_type", "Send JSON with the header Content-Type: application/json.")
    try:
        json.loads(request.get_data(cache=True), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as why:
        reason = "it is nested too deeply" if isinstance(why, RecursionError) else str(why)
        raise DomainError("json_invalid", f"The body is not valid JSON: {reason[:200]}.") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _reads_json(app: Flask) -> bool:
    view = app.view_functions[request.endpoint or ""]
    cls = getattr(view, "view_class", None)
    handler: Any = getattr(cls, request.method.lower(), None) if cls is not None else view
    parameters = getattr(handler, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    return any(parameter.get("in") == "json" for parameter in parameters)
