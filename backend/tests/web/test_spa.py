"""The dashboard's page and files, as a browser asks for them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from serversctl.web.spa import web_dist_folder
from sqlalchemy import Engine
from support.api import Client, make_api

PAGE = '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><script nonce="__CSP_NONCE__"></script>'
SCRIPT = "console.log('hello')"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "main-1a2b.js").write_text(SCRIPT)
    (folder / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "assets" / "inter.woff2").write_bytes(b"wOF2")
    (tmp_path / "secret.key").write_text("do not show this")
    return folder


@pytest.fixture
def browser(engine: Engine, clock: Any, dist: Path) -> Client:
    return make_api(engine, clock, web_dist=str(dist)).anonymous()


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/pools/3f0c/members/1.2.3.4", "/app/index.html"])
def test_any_address_of_the_dashboard_is_its_page(browser: Client, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.headers["Cache-Control"] == "no-store"


def test_each_page_has_its_own_nonce_for_styles_and_none_for_scripts(browser: Client) -> None:
    nonces = set()
    for _ in range(2):
        answer = browser.get("/app/")
        policy, text = answer.headers["Content-Security-Policy"], answer.get_data(as_text=True)
        (nonce,) = re.findall(r"style-src 'self' 'nonce-([A-Za-z0-9_-]{24})'", policy)
        assert "script-src 'self';" in policy
        assert text.count(nonce) == 2
        assert "__CSP_NONCE__" not in text
        nonces.add(nonce)
    assert len(nonces) == 2
    assert "nonce" not in browser.get("/api/docs").headers["Content-Security-Policy"]


def test_assets_may_be_kept_for_ever(browser: Client) -> None:
    answer = browser.get("/app/assets/main-1a2b.js")
    assert answer.get_data(as_text=True) == SCRIPT
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert browser.get("/app/assets/inter.woff2").headers["Content-Type"] == "font/woff2"


def test_other_files_are_asked_for_again_and_answered_shortly(browser: Client) -> None:
    first = browser.get("/app/favicon.svg")
    assert (first.mimetype, first.headers["Cache-Control"]) == ("image/svg+xml", "no-cache")
    again = browser.get("/app/favicon.svg", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(("takes", "packed"), [("gzip, br", True), ("br", False), ("gzip;q=0", False)])
def test_a_packed_copy_goes_to_those_who_take_it(browser: Client, takes: str, packed: bool) -> None:
    answer = browser.get("/app/assets/main-1a2b.js", headers={"Accept-Encoding": takes})
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert (gzip.decompress(answer.data) if packed else answer.data).decode() == SCRIPT
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_a_missing_asset_is_a_problem_and_not_the_page(browser: Client) -> None:
    answer = browser.get("/app/assets/main-of-yesterday.js")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    ["/app/../secret.key", "/app/assets/../../secret.key", "/app/%2e%2e/secret.key", "/app/..%2fsecret.key",
     "/app/assets/%00", "/app/link.txt", "/app//etc/passwd"],
)  # fmt: skip
def test_nothing_outside_the_folder_is_shown(browser: Client, dist: Path, path: str) -> None:
    (dist / "link.txt").symlink_to(dist.parent / "secret.key")
    answer = browser.get(path, follow_redirects=True)
    assert b"do not show" not in answer.data
    assert b"root:" not in answer.data
    assert answer.status_code in {200, 404}


def test_head_tells_the_size_without_the_body(browser: Client) -> None:
    for path in ("/app/", "/app/assets/main-1a2b.js"):
        answer = browser.head(path)
        assert (answer.status_code, answer.data) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0


def test_the_front_door_leads_to_the_dashboard(browser: Client) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/app/")


def test_without_a_build_the_page_says_how_to_make_one(engine: Engine, clock: Any, tmp_path: Path) -> None:
    answer = make_api(engine, clock, web_dist=str(tmp_path / "nowhere")).anonymous().get("/app/pools")
    assert answer.status_code == 503
    assert "make frontend" in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_folder_is_the_checkout_s_unless_settings_name_another() -> None:
    assert web_dist_folder("") == Path(__file__).resolve().parents[3] / "frontend" / "dist"
    assert web_dist_folder("/srv/web") == Path("/srv/web")
