"""API tokens: form, expiry, revocation, last use, and the little that is stored."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from serversctl.identity.service import create_token
from serversctl.identity.tables import ApiToken, User
from serversctl.kernel.db import reading, unit_of_work
from serversctl.kernel.errors import Invalid, NotFound
from sqlalchemy import select
from support.api import Api, Client


def bearer(api: Api, text: str) -> Client:
    client = api.anonymous()
    client.bearer = text
    return client


def make(api: Api, role: str = "owner", **body: Any) -> Any:
    return api.client_as(role).post("/api/auth/tokens", json={"name": "deploy", **body})


def test_a_token_is_shown_once_and_kept_as_a_hash(api: Api) -> None:
    answer = make(api, scopes=["account:read"]).get_json()
    text = answer["token"]
    assert re.fullmatch(r"sctl_[0-9a-f]{16}_[0-9a-f]{48}", text)
    assert text.startswith(answer["item"]["prefix"])
    assert text not in str(api.client_as("owner").get("/api/auth/tokens").get_json())
    with reading(api.wiring.sessions) as session:
        row = session.scalars(select(ApiToken)).one()
        assert text.rpartition("_")[2] not in str(vars(row))
    assert bearer(api, text).get("/api/account").status_code == 200
    assert bearer(api, text).get("/api/users").get_json()["code"] == "scope_missing"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.replace("sctl_", "sctl-"),
        lambda text: text.upper(),
        lambda text: "sctl_" + "0" * 16 + text[21:],
        lambda text: "",
        lambda text: "sctl_é_ü",
    ],
)
def test_a_token_that_is_not_exactly_right_opens_nothing(api: Api, spoil: Any) -> None:
    text = make(api).get_json()["token"]
    headers = {"Authorization": f"Bearer {spoil(text)}".encode().decode("latin-1")}
    answer = api.anonymous().get("/api/account", headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "token_unknown")


def test_other_schemes_are_refused(api: Api) -> None:
    text = make(api).get_json()["token"]
    for header in (f"Basic {text}", text, f"Token {text}"):
        assert api.anonymous().get("/api/account", headers={"Authorization": header}).status_code == 401


def test_an_expired_token_opens_nothing(api: Api, clock: Any) -> None:
    until = (clock.now() + timedelta(hours=1)).isoformat()
    client = bearer(api, make(api, expiresAt=until).get_json()["token"])
    assert client.get("/api/account").status_code == 200
    clock.pass_time(3600)
    assert client.get("/api/account").status_code == 401


def test_a_revoked_token_opens_nothing(api: Api) -> None:
    made = make(api).get_json()
    assert api.client_as("owner").delete(f"/api/auth/tokens/{made['item']['id']}").status_code == 204
    assert bearer(api, made["token"]).get("/api/account").status_code == 401
    assert api.client_as("owner").delete(f"/api/auth/tokens/{made['item']['id']}").status_code == 404


def test_last_use_is_written_once_a_minute(api: Api, clock: Any) -> None:
    client = api.token_client(["account:read"])

    def last_used() -> Any:
        with reading(api.wiring.sessions) as session:
            return session.scalars(select(ApiToken.last_used_at)).one()

    assert last_used() is None
    client.get("/api/account")
    first = last_used()
    assert first == clock.now()
    clock.pass_time(30)
    client.get("/api/account")
    assert last_used() == first
    clock.pass_time(31)
    client.get("/api/account")
    assert last_used() == clock.now()


def test_a_token_loses_with_its_user(api: Api) -> None:
    client = api.token_client(["*"], role="admin")
    assert client.patch("/api/account", json={"name": "New"}).status_code == 200
    with unit_of_work(api.wiring.sessions) as session:
        session.get_one(User, api.mine.users["admin"]).role = "viewer"
    assert client.patch("/api/account", json={"name": "Newer"}).get_json()["code"] == "role_too_low"
    with unit_of_work(api.wiring.sessions) as session:
        session.delete(session.get_one(User, api.mine.users["admin"]))
    assert client.get("/api/account").status_code == 401


def test_users_see_their_own_tokens_and_admins_all(api: Api) -> None:
    make(api, "viewer")
    make(api, "owner")
    counts = {
        role: len(api.client_as(role).get("/api/auth/tokens").get_json()["items"]) for role in ("viewer", "admin")
    }
    assert counts == {"viewer": 1, "admin": 2}


@pytest.mark.parametrize("scope", ["pools", "pools:admin", "POOLS:READ", "nonsense:read", "", "*:*", "pools:read "])
def test_a_scope_that_does_not_exist_is_refused(api: Api, scope: str) -> None:
    answer = make(api, scopes=[scope])
    assert answer.status_code == 422, answer.get_json()


def test_the_list_of_scopes_is_what_operations_ask_for(api: Api) -> None:
    items = api.client_as("viewer").get("/api/auth/scopes").get_json()["items"]
    assert {"*", "account:read", "users:write", "audit:read"} <= set(items)
    assert make(api, scopes=items).status_code == 201


def test_the_command_line_makes_a_token_for_a_user(api: Api) -> None:
    with unit_of_work(api.wiring.sessions) as session:
        row, text = create_token(session, "OWNER@mine.example.com", "script", ["users:read"], None)
        assert row.scopes == ["users:read"]
        with pytest.raises(NotFound, match="serversctl user create"):
            create_token(session, "nobody@example.com", "script", [], None)
        with pytest.raises(Invalid, match="scope"):
            create_token(session, "owner@mine.example.com", "script", ["no scope"], None)
    assert bearer(api, text).get("/api/users").status_code == 200


def test_making_and_revoking_are_on_record(api: Api) -> None:
    made = make(api).get_json()
    api.client_as("owner").delete(f"/api/auth/tokens/{made['item']['id']}")
    lines = api.client_as("admin").get("/api/audit?targetType=token").get_json()["items"]
    assert [line["action"] for line in lines] == ["token.revoked", "token.created"]
    assert made["token"] not in str(lines)
