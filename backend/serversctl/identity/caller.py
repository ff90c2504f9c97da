"""Who sends this request: the address, the browser session or API token, and where the page came from."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import Response, g, request

from ..kernel.client_address import client_address
from ..kernel.db import reading
from ..kernel.errors import Forbidden, Unauthorized
from ..kernel.http import wired
from ..kernel.sealed import derive
from ..kernel.settings import Settings
from . import secrets
from .rules import SESSION_MAX, Principal
from .service import resolve_session, resolve_token

CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal, how it showed itself, and whether its row's last-use time is old enough to write anew."""

    who: Principal
    by_cookie: bool
    stale: bool


def caller_address() -> str | None:
    """The address of this request's client, as the settings let us know it."""
    if "client_address" not in g:
        settings = wired().settings
        header = settings.client_ip_header
        g.client_address = client_address(
            request.environ.get("REMOTE_ADDR", ""),
            request.headers.getlist(header) if header else (),
            settings.trusted_proxies,
            header_configured=bool(header),
        )
    return cast("str | None", g.client_address)


def over_tls(settings: Settings) -> bool:
    """Whether browsers reach us by https, directly or through a proxy."""
    return settings.tls != "off" or bool(settings.public_url)


def cookie_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this very host; browsers take that prefix over https only."""
    return "__Host-sctl_session" if over_tls(settings) else "sctl_session"


def find_caller() -> Caller | None:
    """The caller by bearer token or cookie, None without either. Raises Unauthorized for a token that opens nothing."""
    header = request.headers.get("Authorization", "")
    here = wired()
    now = here.clock.now()
    if header:
        scheme, _, text = header.partition(" ")
        with reading(here.sessions) as session:
            found = resolve_token(session, text.strip(), now) if scheme.lower() == "bearer" else None
        if found is None:
            raise Unauthorized(
                "token_unknown", "The API token is not known, expired or revoked: make a new one in the settings."
            )
        return Caller(found[0], by_cookie=False, stale=found[1])
    cookie = request.cookies.get(cookie_name(here.settings))
    if not cookie:
        return None
    with reading(here.sessions) as session:
        found = resolve_session(session, cookie, now)
    return None if found is None else Caller(found[0], by_cookie=True, stale=found[1])


def csrf_token(cookie: str) -> str:
    """The token that goes with a session cookie: nobody can compute it without our key and the cookie."""
    key = derive(wired().settings.secret_key, "csrf-v1")
    return hmac.new(key, secrets.hashed(cookie).encode(), hashlib.sha256).hexdigest()


def set_cookie(response: Response, cookie: str | None) -> Response:
    """Hand the browser its session, or take it away with None."""
    settings = wired().settings
    response.set_cookie(
        cookie_name(settings),
        cookie or "",
        max_age=int(SESSION_MAX.total_seconds()) if cookie else 0,
        path="/",
        httponly=True,
        secure=over_tls(settings),
        samesite="Lax",
    )
    return response


def refuse_foreign_pages() -> None:
    """Raises Forbidden when a browser says that another site's page sent this request."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if (site is not None and site != "same-origin") or (origin is not None and not _is_ours(origin)):
        raise Forbidden("cross_origin", "The request came from another site's page and was refused.")


def refuse_without_csrf_token() -> None:
    """Raises Forbidden unless the session's own token came in the header."""
    cookie = request.cookies.get(cookie_name(wired().settings), "")
    if not secrets.same(csrf_token(cookie), request.headers.get(CSRF_HEADER, "")):
        raise Forbidden("csrf_token_wrong", f"Send the `csrfToken` of GET /api/auth/me in the header {CSRF_HEADER}.")


def _is_ours(origin: str) -> bool:
    settings = wired().settings
    if settings.public_url:
        parts = urlsplit(settings.public_url)
        if origin == f"{parts.scheme}://{parts.netloc}":
            return True
    schemes = ("https",) if over_tls(settings) else ("http", "https")
    return any(origin == f"{scheme}://{request.host}" for scheme in schemes)
