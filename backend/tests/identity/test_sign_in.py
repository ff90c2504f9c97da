"""Signing in, staying in, getting out: sessions, their cookie, CSRF, throttling, step-up."""

from __future__ import annotations

from typing import Any

import pytest
from serversctl.identity import passwords
from serversctl.identity.service import step_up
from serversctl.identity.tables import AttemptCount, User, UserSession
from serversctl.kernel.db import reading, unit_of_work
from sqlalchemy import Engine, select
from support.api import ADDRESS, PASSWORD, Api, Client, make_api, make_app, make_tenant, make_wiring

OWNER = "owner@mine.example.com"
THREE_OPENINGS = [
    {"email": "nobody@mine.example.com", "password": PASSWORD},
    {"email": OWNER, "password": "a wrong guess, long"},
]


def login(client: Client, email: str = OWNER, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/api/auth/login", json={"email": email, "password": password, **more})


def test_a_user_signs_in_and_sees_who_they_are(api: Api) -> None:
    client = api.anonymous()
    answer = login(client, "Owner@Mine.example.com")
    assert answer.status_code == 200
    me = client.get("/api/auth/me").get_json()
    assert me["user"]["email"] == OWNER
    assert me["csrfToken"] == answer.get_json()["csrfToken"]
    assert "password" not in str(me).lower().replace("passwordhash", "password")


def test_a_wrong_password_and_an_unknown_user_look_the_same(api: Api) -> None:
    answers = [api.anonymous().post("/api/auth/login", json=body).get_json() for body in THREE_OPENINGS]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "credentials_wrong"


def test_an_unknown_user_costs_a_hash_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = passwords.HASHER.verify
    monkeypatch.setattr(
        type(passwords.HASHER), "verify", lambda self, stored, text: verified.append(stored) or real(stored, text)
    )
    for body in THREE_OPENINGS:
        api.anonymous().post("/api/auth/login", json=body)
    assert len(verified) == 2


def test_an_invited_user_without_a_password_cannot_sign_in(api: Api) -> None:
    with unit_of_work(api.wiring.sessions) as session:
        session.get_one(User, api.mine.users["viewer"]).password_hash = ""
    for guess in ("", PASSWORD, "a password that nobody has"):
        answer = login(api.anonymous(), "viewer@mine.example.com", guess)
        assert answer.status_code in {401, 422}


def test_signing_in_renews_an_outdated_hash(api: Api) -> None:
    from argon2 import PasswordHasher

    with unit_of_work(api.wiring.sessions) as session:
        weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
        session.get_one(User, api.mine.users["owner"]).password_hash = weak
    assert login(api.anonymous()).status_code == 200
    with reading(api.wiring.sessions) as session:
        renewed = session.get_one(User, api.mine.users["owner"]).password_hash
    assert renewed != weak
    assert passwords.matches(renewed, PASSWORD)


@pytest.mark.parametrize(
    ("tls", "name", "secure"), [("off", "sctl_session", False), ("local", "__Host-sctl_session", True)]
)
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    engine: Engine, clock: Any, tls: str, name: str, secure: bool
) -> None:
    api = make_api(engine, clock, tls=tls)
    cookie = login(api.anonymous()).headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert ("Secure" in cookie) is secure


def test_the_database_keeps_only_a_hash_of_the_cookie(api: Api) -> None:
    client = api.anonymous()
    cookie = login(client).headers["Set-Cookie"].split("=", 1)[1].split(";")[0]
    assert len(cookie) >= 43  # 256 bits
    with reading(api.wiring.sessions) as session:
        stored = session.scalars(select(UserSession.token_hash)).all()
    assert cookie not in stored


def test_a_session_cookie_that_was_planted_is_not_taken_over(api: Api) -> None:
    client = api.anonymous()
    client.set_cookie("sctl_session", "planted", domain="localhost")
    login(client)
    assert client.get_cookie("sctl_session").value != "planted"  # type: ignore[union-attr]


def test_a_session_ends_after_twelve_idle_hours(api: Api, clock: Any) -> None:
    client = api.client_as("owner")
    clock.pass_time(11 * 3600)
    assert client.get("/api/auth/me").status_code == 200
    clock.pass_time(11 * 3600)
    assert client.get("/api/auth/me").status_code == 200
    clock.pass_time(12 * 3600 + 301)
    assert client.get("/api/auth/me").status_code == 401


def test_a_session_ends_after_seven_days_however_busy(api: Api, clock: Any) -> None:
    client = api.client_as("owner")
    for _ in range(7 * 24 // 8):
        assert client.get("/api/auth/me").status_code == 200
        clock.pass_time(8 * 3600)
    clock.pass_time(1)
    assert client.get("/api/auth/me").status_code == 401


def test_signing_out_ends_the_session_on_the_server(api: Api) -> None:
    client = api.client_as("owner")
    cookie = client.get_cookie("sctl_session").value  # type: ignore[union-attr]
    assert client.post("/api/auth/logout").status_code == 204
    thief = api.anonymous()
    thief.set_cookie("sctl_session", cookie, domain="localhost")
    assert thief.get("/api/auth/me").status_code == 401


def test_sessions_are_listed_and_revoked_one_by_one(api: Api) -> None:
    here, there = api.client_as("owner"), api.client_as("owner")
    lines = here.get("/api/auth/sessions").get_json()["items"]
    assert sorted(line["current"] for line in lines) == [False, True]
    other = next(line for line in lines if not line["current"])
    assert other["address"] == ADDRESS
    assert here.delete(f"/api/auth/sessions/{other['id']}").status_code == 204
    assert there.get("/api/auth/me").status_code == 401
    assert here.get("/api/auth/me").status_code == 200


def test_a_changed_password_ends_every_other_session(api: Api) -> None:
    here, there = api.client_as("owner"), api.client_as("owner")
    body = {"currentPassword": PASSWORD, "newPassword": "nine quiet rivers turn"}
    assert here.post("/api/auth/password", json=body).status_code == 204
    assert there.get("/api/auth/me").status_code == 401
    assert here.get("/api/auth/me").status_code == 200
    assert login(api.anonymous()).status_code == 401
    assert login(api.anonymous(), password="nine quiet rivers turn").status_code == 200


def test_changing_the_password_needs_the_old_one(api: Api) -> None:
    body = {"currentPassword": "not the right one", "newPassword": "nine quiet rivers turn"}
    answer = api.client_as("owner").post("/api/auth/password", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "credentials_wrong")
    assert login(api.anonymous()).status_code == 200


def test_a_step_up_gives_a_new_cookie_and_opens_dangerous_operations(api: Api, clock: Any) -> None:
    client = api.client_as("owner")
    old = client.get_cookie("sctl_session").value  # type: ignore[union-attr]
    clock.pass_time(301)
    refused = client.post("/api/auth/tokens", json={"name": "deploy"})
    assert refused.get_json()["code"] == "step_up_required"
    proved = client.post("/api/auth/step-up", json={"password": PASSWORD})
    assert proved.status_code == 200
    client.csrf = proved.get_json()["csrfToken"]
    assert client.get_cookie("sctl_session").value != old  # type: ignore[union-attr]
    assert client.post("/api/auth/tokens", json={"name": "deploy"}).status_code == 201
    thief = api.anonymous()
    thief.set_cookie("sctl_session", old, domain="localhost")
    assert thief.get("/api/auth/me").status_code == 401


def test_a_step_up_with_a_wrong_password_proves_nothing(api: Api, clock: Any) -> None:
    client = api.client_as("owner")
    clock.pass_time(301)
    assert client.post("/api/auth/step-up", json={"password": "a wrong guess, long"}).status_code == 401
    assert client.post("/api/auth/tokens", json={"name": "deploy"}).get_json()["code"] == "step_up_required"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:8080"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_another_sites_page_cannot_change_anything(api: Api, headers: dict[str, str], status: int) -> None:
    client = api.client_as("owner")
    assert client.patch("/api/account", json={"name": "New"}, headers=headers).status_code == status
    body = {"email": OWNER, "password": PASSWORD}
    assert api.anonymous().post("/api/auth/login", json=body, headers=headers).status_code == status


def test_behind_a_proxy_the_public_address_is_ours(engine: Engine, clock: Any) -> None:
    api = make_api(engine, clock, public_url="https://panel.example.com")
    for origin, status in (("https://panel.example.com", 200), ("http://panel.example.com", 403)):
        answer = api.anonymous().post(
            "/api/auth/login", json={"email": OWNER, "password": PASSWORD}, headers={"Origin": origin}
        )
        assert answer.status_code == status


def test_a_csrf_token_belongs_to_one_session(api: Api) -> None:
    one, other = api.client_as("owner"), api.client_as("owner")
    one.csrf = other.csrf
    assert one.patch("/api/account", json={"name": "New"}).get_json()["code"] == "csrf_token_wrong"


def test_tokens_need_no_csrf_token(api: Api) -> None:
    assert api.token_client(["account:write"]).patch("/api/account", json={"name": "New"}).status_code == 200


def test_guessing_one_users_password_stops_after_ten_attempts(api: Api, clock: Any) -> None:
    addresses = iter(f"198.51.100.{number}" for number in range(1, 99))

    def guess(password: str = "a wrong guess, long") -> Any:
        return api.anonymous().post(
            "/api/auth/login",
            json={"email": OWNER, "password": password},
            environ_overrides={"REMOTE_ADDR": next(addresses)},
        )

    assert [guess().status_code for _ in range(10)] == [401] * 10
    refused = guess(PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    clock.pass_time(901)
    assert guess(PASSWORD).status_code == 200


def test_a_good_sign_in_forgets_the_bad_ones(api: Api) -> None:
    for _ in range(3):
        for _ in range(5):
            login(api.anonymous(), password="a wrong guess, long")
        assert login(api.anonymous()).status_code == 200


def test_one_address_may_not_try_many_users(api: Api) -> None:
    answers = [login(api.anonymous(), f"user{number}@example.com").status_code for number in range(31)]
    assert answers == [401] * 30 + [429]
    with reading(api.wiring.sessions) as session:
        buckets = session.scalars(select(AttemptCount.bucket)).all()
    assert f"signin:address:{ADDRESS}" in buckets
    assert not [bucket for bucket in buckets if "@" in bucket]  # no addresses of people in there


def test_neighbours_in_one_ipv6_network_count_together(api: Api) -> None:
    def guess(number: int) -> int:
        return (
            api.anonymous()
            .post(
                "/api/auth/login",
                json={"email": f"user{number}@example.com", "password": PASSWORD},
                environ_overrides={"REMOTE_ADDR": f"2001:db8::{number + 1:x}"},
            )
            .status_code
        )

    assert [guess(number) for number in range(31)][-1] == 429


def test_the_installation_as_a_whole_has_a_limit(api: Api) -> None:
    from serversctl.identity.counters import EVERYBODY, MemoryCounters, SignInThrottle
    from serversctl.kernel.errors import TooMany

    throttle = SignInThrottle(MemoryCounters(lambda: 0.0))
    for number in range(EVERYBODY[0]):
        throttle.attempt(f"user{number}@example.com", f"203.0.{number // 200}.{number % 200}")
    with pytest.raises(TooMany):
        throttle.attempt("one.more@example.com", "198.51.100.1")


def test_failed_sign_ins_of_known_users_are_on_record(api: Api) -> None:
    login(api.anonymous(), password="a wrong guess, long")
    lines = api.client_as("admin").get("/api/audit?action=session.refused").get_json()["items"]
    assert [(line["actor"]["name"], line["details"], line["address"]) for line in lines] == [
        (OWNER, {"reason": "credentials_wrong"}, ADDRESS)
    ]


def test_a_burst_of_changes_is_slowed_down(engine: Engine, clock: Any) -> None:
    wiring = make_wiring(engine, clock)
    app = make_app(wiring, writes_per_minute=5)
    api = Api(app, wiring, make_tenant(wiring, "mine"), make_tenant(wiring, "theirs"))
    client = api.token_client(["account:write"])
    answers = [client.patch("/api/account", json={"name": "New"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert api.token_client(["account:write"]).patch("/api/account", json={"name": "New"}).status_code == 200


def test_the_step_up_use_case_needs_a_living_session(api: Api) -> None:
    from uuid import uuid4

    from serversctl.kernel.errors import Unauthorized

    with unit_of_work(api.wiring.sessions) as session, pytest.raises(Unauthorized):
        step_up(session, api.wiring.sealer, uuid4(), api.wiring.clock.now(), code=None, recovery_code=None)
