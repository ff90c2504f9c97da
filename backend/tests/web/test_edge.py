"""What every answer carries, and what happens when something behind a view breaks."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask.views import MethodView
from serversctl.identity import policy
from serversctl.identity.access import Role, allow, public
from serversctl.identity.tables import Account
from serversctl.kernel import http
from serversctl.kernel.db import reading
from serversctl.kernel.http import db
from serversctl.kernel.logging import request_id
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import IntegrityError, OperationalError
from support.api import Api, make_api

REQUIRED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
CSP = ("default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")


def add(api: Api, path: str, view: type[MethodView]) -> None:
    api.app.add_url_rule(path, view_func=view.as_view(path.replace("/", "_")))


def test_every_answer_keeps_browsers_strict(api: Api) -> None:
    for operation in policy.operations(api.app):
        path = re.sub(r"<[^>]+>", "3f0c6a52-9c1d-4b6e-8f6e-0d6f3b2a1c4d", operation.path)
        for client in (api.anonymous(), api.token_client()):
            headers = client.open(path, method=operation.method, json={}).headers
            for name, value in REQUIRED.items():
                assert headers[name] == value, (operation.path, name)
            for part in CSP:
                assert part in headers["Content-Security-Policy"], operation.path
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", headers["X-Request-Id"])
            if path.startswith("/api/"):
                assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/api/nowhere", "/app/", "/api/agents/nowhere"])
def test_refusals_of_the_router_keep_them_too(api: Api, path: str) -> None:
    headers = api.anonymous().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_over_tls_browsers_remember_to_come_by_tls(engine: Engine, clock: Any) -> None:
    api = make_api(engine, clock, tls="local")
    assert "max-age=31536000" in api.anonymous().get("/healthz").headers["Strict-Transport-Security"]


def test_without_tls_nothing_promises_it(api: Api) -> None:
    assert "Strict-Transport-Security" not in api.anonymous().get("/healthz").headers


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space!", 'quo"te-quote', "é" * 10, "a\tb\tc\td\te"])
def test_a_strange_request_id_is_replaced(api: Api, given: str) -> None:
    sent = given.encode().decode("latin-1")
    assert api.anonymous().get("/healthz", headers={"X-Request-Id": sent}).headers["X-Request-Id"] != given


def test_log_lines_carry_the_request_id(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(request_id.get())

    log = logging.getLogger("serversctl.access")
    watch = Watch()
    log.addHandler(watch)
    log.setLevel(logging.INFO)
    try:
        api.anonymous().get("/api/auth/registration", headers={"X-Request-Id": "trace-0815"})
        api.anonymous().get("/healthz", headers={"X-Request-Id": "polled-4711"})
    finally:
        log.removeHandler(watch)
    assert seen == ["trace-0815"]


class Crash(MethodView):
    error: Exception = RuntimeError("secret inner detail")

    @public
    def get(self) -> str:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("secret inner detail"), 500, "internal_error"),
        (OperationalError("SELECT secret", {}, Exception("database is locked")), 503, "database_unavailable"),
        (IntegrityError("INSERT secret", {}, Exception("UNIQUE")), 409, "conflict"),
        (OverflowError("Python int too large"), 422, "value_out_of_range"),
    ],
)
def test_a_crash_tells_the_log_and_not_the_caller(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    monkeypatch.setattr(Crash, "error", error)
    add(api, "/api/crash", Crash)
    answer = api.anonymous().get("/api/crash")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert "secret" not in answer.get_data(as_text=True)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_reading_requests_take_no_write_lock(api: Api) -> None:
    if api.wiring.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no single write lock")
    client = api.token_client()
    client.get("/api/users")  # the token's first use is written now, so that the second request need not
    begun: list[str] = []
    event.listen(
        api.wiring.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: begun.append(statement) if statement.startswith("BEGIN") else None,
    )
    assert client.get("/api/users").status_code == 200
    assert begun
    assert set(begun) == {"BEGIN"}
    assert client.patch("/api/account", json={"name": "New"}).status_code == 200
    assert begun[-1] == "BEGIN IMMEDIATE"


def test_a_view_works_on_the_engine_of_the_wiring(api: Api) -> None:
    with api.app.test_request_context("/", method="POST"):
        assert http.session().get_bind() is api.wiring.engine
    with api.app.app_context():
        assert db.engine is api.wiring.engine


class Half(MethodView):
    @allow(Role.VIEWER, "account:write")
    def post(self) -> tuple[str, int]:
        http.session().add(Account(name="half done", created_at=http.wired().clock.now()))
        http.session().flush()
        return "no", 409


def test_an_answer_that_refuses_leaves_nothing_behind(api: Api) -> None:
    add(api, "/api/half", Half)
    assert api.token_client().post("/api/half").status_code == 409
    with reading(api.wiring.sessions) as session:
        assert session.scalar(select(Account).where(Account.name == "half done")) is None


def test_a_forwarded_address_counts_only_from_our_proxy(engine: Engine, clock: Any) -> None:
    import ipaddress

    trusted = (ipaddress.ip_network("10.0.0.0/24"),)
    api = make_api(engine, clock, client_ip_header="X-Forwarded-For", trusted_proxies=trusted)
    body = {"email": "owner@mine.example.com", "password": "a wrong guess, long"}
    for peer in ("10.0.0.1", "198.51.100.1"):
        api.anonymous().post(
            "/api/auth/login",
            json=body,
            headers={"X-Forwarded-For": "203.0.113.5"},
            environ_overrides={"REMOTE_ADDR": peer},
        )
    lines = api.client_as("admin").get("/api/audit?action=session.refused").get_json()["items"]
    assert [line["address"] for line in lines] == ["198.51.100.1", "203.0.113.5"]
