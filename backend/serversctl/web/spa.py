"""`/app`: the built dashboard. Files as they are, any other address as its page, since the page does its own routing."""

from __future__ import annotations

import mimetypes
import secrets
from pathlib import Path

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as AnyResponse

from ..identity.access import public
from ..kernel.http import wired
from .headers import CSP

NONCE_MARK = "__CSP_NONCE__"
# Names under assets/ carry a hash of what is in them, so a copy never grows old.
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The dashboard is not built</title></head>
<body><h1>The dashboard is not built</h1>
<p>Run <code>make frontend</code> in the checkout, then load this page again. The API answers at
<a href="/api/docs">/api/docs</a>.</p></body></html>
"""
# What the system's own table may lack or name differently.
TYPES = {
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def web_dist_folder(web_dist: str) -> Path:
    """Where the built dashboard lies: named by the settings, beside the package, or in the source tree."""
    if web_dist:
        return Path(web_dist)
    package = Path(__file__).resolve().parents[1]
    beside = package / "web_dist"
    return beside if (beside / "index.html").exists() else package.parents[1] / "frontend" / "dist"


def install(app: Flask) -> None:
    @app.get("/")
    @public
    def front_door() -> AnyResponse:
        """To the dashboard"""
        return redirect("/app/")

    @app.get("/app")
    @app.get("/app/")
    @app.get("/app/<path:place>")
    @public
    def dashboard(place: str = "") -> Response:
        """The dashboard's page and files"""
        folder = web_dist_folder(wired().settings.web_dist)
        file = find_file(folder, place)
        if file is not None:
            return file_answer(file, forever=place.startswith("assets/"))
        if place.startswith("assets/"):
            raise NotFound
        return page_answer(folder / "index.html")


def find_file(folder: Path, place: str) -> Path | None:
    """The file that this address names, never one outside the folder; None for the page and its deep links."""
    joined = safe_join(str(folder), place) if place and "\x00" not in place else None
    if joined is None:
        return None
    file = Path(joined)
    inside = file.is_file() and file.resolve().is_relative_to(folder.resolve())
    return file if inside and file.name != "index.html" else None


def file_answer(file: Path, *, forever: bool) -> Response:
    """A file, or its `.gz` beside it for a browser that takes gzip."""
    packed = file.with_name(file.name + ".gz")
    has_packed = packed.is_file()
    use_packed = has_packed and request.accept_encodings.quality("gzip") > 0
    chosen = packed if use_packed else file
    answer = Response(chosen.read_bytes(), content_type=type_of(file))
    if has_packed:
        answer.vary.add("Accept-Encoding")
    if use_packed:
        answer.content_encoding = "gzip"
    answer.headers["Cache-Control"] = FOREVER if forever else ASK_AGAIN
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def type_of(file: Path) -> str:
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def page_answer(page: Path) -> Response:
    """The page, with this answer's own nonce for the style elements that its components insert."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError:
        return Response(NOT_BUILT, status=503, content_type="text/html; charset=utf-8")
    nonce = secrets.token_urlsafe(18)
    answer = Response(text.replace(NONCE_MARK, nonce), content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = CSP.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'")
    answer.headers["Cache-Control"] = "no-store"
    return answer
