"""The account's users: invitations, roles, and the owner who must remain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from serversctl.identity.rules import Role
from serversctl.identity.service import open_mailed_token, set_plan
from serversctl.identity.tables import User
from serversctl.kernel.db import reading, unit_of_work
from serversctl.kernel.errors import Invalid, NotFound
from serversctl.kernel.outbox import OutboxEvent
from sqlalchemy import Engine, select
from support.api import Api, make_api

NEW_PASSWORD = "nine quiet rivers turn"


def test_an_invited_user_sets_a_password_and_signs_in(api: Api) -> None:
    answer = api.client_as("admin").post("/api/users", json={"email": "ada@example.com", "role": "operator"})
    assert answer.status_code == 201
    token = answer.get_json()["inviteToken"]
    body = {"token": token, "password": NEW_PASSWORD}
    assert api.anonymous().post("/api/auth/reset/confirm", json=body).status_code == 204
    signed_in = api.anonymous().post("/api/auth/login", json={"email": "ada@example.com", "password": NEW_PASSWORD})
    assert signed_in.get_json()["role"] == "operator"
    assert signed_in.get_json()["account"]["id"] == str(api.mine.account_id)


def test_where_mail_works_the_link_goes_only_by_mail(engine: Engine, clock: Any) -> None:
    api = make_api(engine, clock, smtp_url="smtp://localhost:25?from=a@example.com")
    answer = api.client_as("admin").post("/api/users", json={"email": "ada@example.com", "role": "viewer"})
    assert answer.get_json()["inviteToken"] is None
    with reading(api.wiring.sessions) as session:
        event = session.scalars(select(OutboxEvent)).one()
        kind, payload = event.kind, event.payload
    assert kind == "identity.user_invited"
    token = open_mailed_token(api.wiring.sealer, payload)
    assert token not in str(payload)
    body = {"token": token, "password": NEW_PASSWORD}
    assert api.anonymous().post("/api/auth/reset/confirm", json=body).status_code == 204


def test_a_reset_link_is_good_once_and_for_half_an_hour(api: Api, clock: Any) -> None:
    def link() -> str:
        answer = api.anonymous().post("/api/auth/reset", json={"email": "viewer@mine.example.com"})
        assert answer.status_code == 202
        with reading(api.wiring.sessions) as session:
            event = session.scalars(select(OutboxEvent).order_by(OutboxEvent.created_at.desc())).first()
            assert event is not None
            assert event.kind == "identity.password_reset_requested"
            return open_mailed_token(api.wiring.sealer, event.payload)

    def use(token: str) -> Any:
        return api.anonymous().post("/api/auth/reset/confirm", json={"token": token, "password": NEW_PASSWORD})

    former, token = link(), link()
    assert use(former).get_json()["code"] == "reset_token_spent"
    browser = api.client_as("viewer")
    assert use(token).status_code == 204
    assert browser.get("/api/auth/me").status_code == 401
    assert use(token).get_json()["code"] == "reset_token_spent"
    late = link()
    clock.pass_time(1800)
    assert use(late).get_json()["code"] == "reset_token_spent"


def test_asking_for_a_reset_tells_nobody_who_exists(api: Api) -> None:
    answers = [
        api.anonymous().post("/api/auth/reset", json={"email": email})
        for email in ("viewer@mine.example.com", "nobody@example.com")
    ]
    assert [(answer.status_code, answer.data) for answer in answers] == [(202, b""), (202, b"")]
    with reading(api.wiring.sessions) as session:
        assert len(session.scalars(select(OutboxEvent)).all()) == 1


def test_an_admin_makes_nobody_an_owner(api: Api) -> None:
    client = api.client_as("admin")
    body = {"email": "ada@example.com", "role": "owner"}
    assert client.post("/api/users", json=body).get_json()["code"] == "role_too_low"
    viewer, owner = api.mine.users["viewer"], api.mine.users["owner"]
    assert client.patch(f"/api/users/{viewer}", json={"role": "owner"}).get_json()["code"] == "role_too_low"
    assert client.patch(f"/api/users/{owner}", json={"role": "viewer"}).get_json()["code"] == "owner_needed"
    assert client.delete(f"/api/users/{owner}").get_json()["code"] == "owner_needed"
    assert client.patch(f"/api/users/{viewer}", json={"role": "admin"}).get_json()["role"] == "admin"


def test_the_last_owner_stays(api: Api) -> None:
    client, owner = api.client_as("owner"), api.mine.users["owner"]
    assert client.delete(f"/api/users/{owner}").get_json()["code"] == "last_owner"
    assert client.patch(f"/api/users/{owner}", json={"role": "admin"}).get_json()["code"] == "last_owner"
    client.patch(f"/api/users/{api.mine.users['admin']}", json={"role": "owner"})
    assert client.patch(f"/api/users/{owner}", json={"role": "admin"}).status_code == 200


def test_an_invited_owner_does_not_count_until_they_signed_up(api: Api) -> None:
    client = api.client_as("owner")
    client.post("/api/users", json={"email": "ada@example.com", "role": "owner"})
    assert client.delete(f"/api/users/{api.mine.users['owner']}").get_json()["code"] == "last_owner"


def test_two_owners_cannot_remove_each_other_at_once(api: Api) -> None:
    with unit_of_work(api.wiring.sessions) as session:
        session.get_one(User, api.mine.users["admin"]).role = "owner"
    pairs = [(api.client_as("owner"), api.mine.users["admin"]), (api.client_as("admin"), api.mine.users["owner"])]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: pair[0].delete(f"/api/users/{pair[1]}").status_code, pairs))
    assert answers.count(204) <= 1
    with reading(api.wiring.sessions) as session:
        owners = session.scalars(
            select(User).where(User.account_id == api.mine.account_id, User.role == Role.OWNER.word)
        ).all()
    assert len(owners) == 1


def test_a_changed_role_counts_at_once(api: Api) -> None:
    operator = api.client_as("operator")
    api.client_as("owner").patch(f"/api/users/{api.mine.users['operator']}", json={"role": "admin"})
    assert operator.get("/api/audit").status_code == 200


def test_a_removed_user_is_signed_out(api: Api) -> None:
    viewer = api.client_as("viewer")
    assert api.client_as("admin").delete(f"/api/users/{api.mine.users['viewer']}").status_code == 204
    assert viewer.get("/api/auth/me").status_code == 401


def test_the_account_keeps_where_its_alerts_go(api: Api) -> None:
    body = {"alertEmail": "NOC@example.com", "teamInboxes": ["b@example.com", "a@example.com", "a@example.com"]}
    answer = api.client_as("admin").patch("/api/account", json=body).get_json()
    assert answer["alertEmail"] == "noc@example.com"
    assert answer["teamInboxes"] == ["a@example.com", "b@example.com"]
    assert api.client_as("admin").patch("/api/account", json={"alertEmail": None}).get_json()["alertEmail"] is None


def test_the_operator_sets_a_plan(api: Api) -> None:
    with unit_of_work(api.wiring.sessions) as session:
        assert set_plan(session, api.mine.account_id, "pro").plan == "pro"
        with pytest.raises(Invalid, match="plan_unknown"):
            set_plan(session, api.mine.account_id, "gold")
        with pytest.raises(NotFound):
            set_plan(session, api.mine.users["owner"], "pro")
