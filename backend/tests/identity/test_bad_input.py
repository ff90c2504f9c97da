"""Each field of each operation, wrong in every way: a clear refusal, and nothing changed."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from serversctl.identity.tables import Account, ApiToken, User
from serversctl.kernel.db import reading
from sqlalchemy import func, select
from support.api import PASSWORD, Api

LONG, NUL, HALF = "x" * 5000, "a\x00b", "\ud800"
NOT_TEXT: list[Any] = [1, True, None, [], {}, 1.5]
EMAILS: list[Any] = [
    *NOT_TEXT, "", " ", "ada", "@example.com", "ada@", "ada@example", "a b@example.com", "ada@exam ple.com",
    "ada@@example.com", "ada@-example.com", "ada..b@example.com", "ada@example..com", "<ada@example.com>",
    "ada@example.com\nBcc: eve@example.com", "ada@example.com,eve@example.com", "x" * 65 + "@example.com",
    LONG + "@example.com", NUL + "@example.com", HALF, "ada@192.0.2.1", '"ada"@example.com', "\u202eada@example.com",
]  # fmt: skip
PASSWORDS: list[Any] = [
    *NOT_TEXT, "", "short", "elevenchars", "x" * 257, "aaaaaaaaaaaa", "123456789012", "abcdefghijkl", "password1234",
    "Password123!", "P@ssw0rd2026", "qwertyuiop123", "letmeinplease", "welcome12345", "admin1234567", "passwordpassword",
    "ada@example.com", NUL * 6, HALF * 12,
]  # fmt: skip
TEXTS: list[Any] = [1, True, [], {}, 1.5, "", LONG, NUL, HALF]
CODES: list[Any] = [1, True, [], {}, "", "12345", "1234567", "12345a", "１２３４５６", "123456\n", LONG, NUL]

REGISTER = {"email": "ada@example.com", "password": PASSWORD, "accountName": "Ada", "setupToken": None}
LOGIN = {"email": "owner@mine.example.com", "password": PASSWORD}

# (method, path, who, a body that is right, {field: values that are wrong})
CASES: list[tuple[str, str, str, dict[str, Any], dict[str, list[Any]]]] = [
    ("POST", "/api/auth/register", "", REGISTER, {"email": EMAILS, "password": PASSWORDS, "accountName": TEXTS, "setupToken": TEXTS}),
    ("POST", "/api/auth/login", "", LOGIN, {"email": EMAILS, "password": [*NOT_TEXT, "", LONG, NUL], "code": CODES, "recoveryCode": TEXTS}),
    ("POST", "/api/auth/step-up", "owner", {"password": PASSWORD}, {"password": [*NOT_TEXT, "", LONG, NUL], "code": CODES, "recoveryCode": TEXTS}),
    ("POST", "/api/auth/password", "owner", {"currentPassword": PASSWORD, "newPassword": "nine quiet rivers turn"},
     {"currentPassword": [*NOT_TEXT, "", LONG, NUL], "newPassword": [*PASSWORDS[:-3], NUL * 6, "owner@mine.example.com"]}),
    ("POST", "/api/auth/reset", "", {"email": "nobody@example.com"}, {"email": EMAILS}),
    ("POST", "/api/auth/reset/confirm", "", {"token": "t", "password": PASSWORD}, {"token": [*NOT_TEXT, "", LONG, NUL, "t"], "password": PASSWORDS[:6]}),
    ("PUT", "/api/auth/totp", "owner", {"code": "123456"}, {"code": [*CODES, None]}),
    ("POST", "/api/auth/tokens", "owner", {"name": "deploy", "scopes": ["*"], "expiresAt": None},
     {"name": [*NOT_TEXT, "", " ", "x" * 81, NUL], "scopes": [1, True, {}, "*", [1], [None], [""], ["x" * 61], ["nonsense"], ["*"] * 61, [NUL]],
      "expiresAt": [1, True, [], {}, "", "soon", "2026-13-01T00:00:00Z", "2030-01-01T00:00:00", "2000-01-01T00:00:00Z", LONG]}),
    ("PATCH", "/api/account", "owner", {"name": "Mine", "alertEmail": None, "teamInboxes": []},
     {"name": [*NOT_TEXT, "", " ", "x" * 121, NUL], "alertEmail": [value for value in EMAILS if value is not None], "teamInboxes": [1, True, "a@example.com", {}, None, [1], ["no address"], ["a@example.com"] * 21]}),
    ("POST", "/api/users", "owner", {"email": "eve@example.com", "role": "viewer"}, {"email": EMAILS, "role": [*NOT_TEXT, "", "king", "OWNER", LONG, NUL]}),
]  # fmt: skip


def snapshot(api: Api) -> list[Any]:
    with reading(api.wiring.sessions) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Account, User, ApiToken)]
        names = session.scalars(select(Account.name).order_by(Account.name)).all()
        hashes = session.scalars(select(User.password_hash).order_by(User.email)).all()
        return [counts, names, hashes]


@pytest.mark.parametrize(("method", "path", "who", "right", "fields"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_a_wrong_field_is_named_and_changes_nothing(
    api: Api, method: str, path: str, who: str, right: dict[str, Any], fields: dict[str, list[Any]]
) -> None:
    api.app.extensions["serversctl.throttle"].attempt = lambda *_: None  # its own tests are in test_sign_in
    client = api.client_as(who) if who else api.anonymous()
    before = snapshot(api)
    for field, values in fields.items():
        for value in values:
            body = json.dumps({**right, field: value})
            answer = client.open(path, method=method, data=body, content_type="application/json")
            told = answer.get_json()
            assert answer.status_code == 422, (field, value, answer.status_code, told)
            assert answer.mimetype == "application/problem+json"
            assert any(name.split(".")[0] == field for name in told["errors"]), (field, value, told)
            assert told["detail"]
            assert all(sentence for sentences in told["errors"].values() for sentence in sentences)
    assert snapshot(api) == before


@pytest.mark.parametrize(("method", "path", "who", "right", "fields"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_unknown_and_missing_fields_are_named(
    api: Api, method: str, path: str, who: str, right: dict[str, Any], fields: dict[str, list[Any]]
) -> None:
    client = api.client_as(who) if who else api.anonymous()
    before = snapshot(api)
    for extra in ("role_", "id", "accountId", "account_id", "isAdmin", "passwordHash", "__proto__"):
        answer = client.open(path, method=method, json={**right, extra: "x"})
        assert answer.status_code == 422, (extra, answer.get_json())
        assert extra in answer.get_json()["errors"]
    for field in right:
        if path != "/api/account" and right[field] is not None and right[field] != ["*"] and field != "accountName":
            body = {name: value for name, value in right.items() if name != field}
            answer = client.open(path, method=method, json=body)
            assert answer.status_code == 422, (field, answer.get_json())
            assert field in answer.get_json()["errors"]
    assert snapshot(api) == before


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "json_invalid"),
        (b"not json", {}, 400, "json_invalid"),
        (b'{"email": NaN}', {}, 400, "json_invalid"),
        (b'{"email": Infinity}', {}, 400, "json_invalid"),
        (b'{"email": "\xff\xfe"}', {}, 400, "json_invalid"),
        (b"[" * 100_000, {}, 400, "json_invalid"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, {}, 400, "json_invalid"),
        (b'{"email": ' + b"9" * 5000 + b"}", {}, 400, "json_invalid"),
        (b"[]", {}, 422, "validation_failed"),
        (b'"text"', {}, 422, "validation_failed"),
        (b"null", {}, 422, "validation_failed"),
        (b"1", {}, 422, "validation_failed"),
        (b"{}", {}, 422, "validation_failed"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"email=a", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Type": ""}, 415, "unsupported_media_type"),
        (gzip.compress(b"{}", mtime=0), {"Content-Encoding": "gzip"}, 415, "compressed_body"),
        (gzip.compress(b" " * 10_000_000, mtime=0), {"Content-Encoding": "gzip"}, 415, "compressed_body"),
        (b"{}", {"Content-Encoding": "br"}, 415, "compressed_body"),
        (b'{"email": "' + b"x" * (1 << 20) + b'"}', {}, 413, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(
    api: Api, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = api.anonymous().post("/api/auth/login", data=body, headers={"Content-Type": "application/json", **headers})
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert len(answer.get_json()["detail"]) > 10


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=501", "limit=-1", "limit=x", "limit=1e9", f"limit={10**30}", "limit=", "cursor=nonsense",
        "cursor=W10", "cursor=WyJ4Il0", "cursor=WzFlMzAwMF0", f"cursor={'x' * 401}", "action=", f"action={'x' * 81}",
        "since=yesterday", "since=2026-01-01T00:00:00", "until=2026-99-01T00:00:00Z", "since=0001-01-01T00:00:00%2B14:00",
        "nonsense=1", "action=a%00b", "targetType=" + "x" * 41,
    ],
)  # fmt: skip
def test_a_wrong_query_is_refused_with_the_reason(api: Api, query: str) -> None:
    answer = api.client_as("admin").get(f"/api/audit?{query}")
    assert answer.status_code == 422, answer.get_json()
    assert answer.get_json().get("errors") or answer.get_json()["code"] == "value_out_of_range"


def test_a_method_that_is_not_there_names_those_that_are(api: Api) -> None:
    answer = api.anonymous().delete("/api/auth/login")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert answer.get_json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/api/users/not-a-uuid", "/api/nowhere", "/api/users/%00", "/api/auth/tokens/1"])
def test_an_address_that_is_not_there_is_a_problem_document(api: Api, path: str) -> None:
    answer = api.client_as("owner").delete(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
