"""Who may register, and how a fresh installation gets its owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from serversctl.identity import setup
from serversctl.identity.secrets import hashed
from serversctl.identity.service import create_user
from serversctl.identity.tables import Account, Installation, User
from serversctl.kernel.clock import Clock
from serversctl.kernel.db import reading, unit_of_work
from serversctl.kernel.errors import Conflict, Forbidden, Invalid
from sqlalchemy import Engine, func, select
from support.api import Api, Tenant, make_api, make_app, make_wiring

NEW = {"email": "ada@example.com", "password": "seven green lamps hum"}


@pytest.fixture
def fresh(engine: Engine, clock: Clock) -> Api:
    """An installation that nobody owns yet."""
    wiring = make_wiring(engine, clock)
    nobody = Tenant(account_id=None)  # type: ignore[arg-type]
    return Api(make_app(wiring), wiring, nobody, nobody)


def token_of(api: Api) -> str:
    with unit_of_work(api.wiring.sessions) as session:
        token = setup.ensure_token(session)
    assert token is not None
    return token


def register(api: Api, **more: Any) -> Any:
    return api.anonymous().post("/api/auth/register", json={**NEW, **more})


def test_the_first_user_needs_the_token_that_the_console_printed(fresh: Api) -> None:
    token = token_of(fresh)
    assert fresh.anonymous().get("/api/auth/registration").get_json()["setupRequired"] is True
    assert register(fresh).get_json()["code"] == "setup_token_missing"
    assert register(fresh, setupToken="guess").get_json()["code"] == "setup_token_wrong"
    answer = register(fresh, setupToken=token)
    assert answer.status_code == 201, answer.get_json()
    assert answer.get_json()["role"] == "owner"
    assert fresh.anonymous().get("/api/auth/registration").get_json()["setupRequired"] is False


def test_the_token_is_good_once_and_kept_as_a_hash(fresh: Api) -> None:
    token = token_of(fresh)
    with reading(fresh.wiring.sessions) as session:
        assert session.get_one(Installation, 1).setup_token_hash != token
    assert register(fresh, setupToken=token).status_code == 201
    with unit_of_work(fresh.wiring.sessions) as session:
        assert setup.ensure_token(session) is None
        with pytest.raises(Exception, match="setup_token_wrong"):
            setup.claim(session, token, fresh.wiring.clock.now())


def test_a_restart_makes_the_former_token_void(fresh: Api) -> None:
    former, token = token_of(fresh), token_of(fresh)
    assert register(fresh, setupToken=former).get_json()["code"] == "setup_token_wrong"
    assert register(fresh, setupToken=token).status_code == 201


def test_of_two_first_users_at_the_same_moment_one_becomes_owner(fresh: Api) -> None:
    token = token_of(fresh)

    def claim(number: int) -> int:
        return int(register(fresh, setupToken=token, email=f"user{number}@example.com").status_code)

    fresh.wiring.settings = make_wiring(
        fresh.wiring.engine, fresh.wiring.clock, registration="closed"
    ).settings  # so that the loser is not simply registered
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(claim, range(4)))
    assert answers == [201, 403, 403, 403]
    with reading(fresh.wiring.sessions) as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_a_deleted_owner_does_not_open_the_installation_again(fresh: Api) -> None:
    register(fresh, setupToken=token_of(fresh))
    with unit_of_work(fresh.wiring.sessions) as session:
        session.delete(session.scalars(select(User)).one())
    with unit_of_work(fresh.wiring.sessions) as session:
        assert setup.ensure_token(session) is None


def test_the_command_line_may_make_the_first_owner(fresh: Api) -> None:
    token = token_of(fresh)
    with unit_of_work(fresh.wiring.sessions) as session:
        assert create_user(session, "ada@example.com", "viewer", NEW["password"]).role == "owner"
    assert register(fresh, setupToken=token, email="eve@example.com").status_code == 201  # open, in her own account
    with reading(fresh.wiring.sessions) as session:
        assert len(session.scalars(select(Account)).all()) == 2


def test_a_failed_first_registration_leaves_the_token_usable(fresh: Api) -> None:
    token = token_of(fresh)
    assert register(fresh, setupToken=token, password="short").status_code == 422
    assert register(fresh, setupToken=token).status_code == 201


def test_open_registration_makes_an_account_of_ones_own(api: Api) -> None:
    client = api.anonymous()
    answer = client.post("/api/auth/register", json={**NEW, "accountName": "Ada's"})
    assert answer.status_code == 201
    assert answer.get_json()["account"]["name"] == "Ada's"
    assert client.get("/api/users").get_json()["items"][0]["email"] == "ada@example.com"


def test_closed_registration_says_whom_to_ask(engine: Engine, clock: Clock) -> None:
    api = make_api(engine, clock, registration="closed")
    answer = register(api)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "registration_closed")
    assert "invite" in answer.get_json()["detail"]


def test_an_address_registers_once(api: Api) -> None:
    assert register(api).status_code == 201
    again = register(api, email="ADA@example.com")
    assert (again.status_code, again.get_json()["code"]) == (409, "email_taken")


def test_the_hosted_edition_starts_with_a_trial(engine: Engine, clock: Clock) -> None:
    api = make_api(engine, clock, edition="hosted")
    me = register(api).get_json()
    assert me["account"]["trialUntil"] is not None
    assert me["locks"] == []


def test_the_command_line_adds_a_user_to_an_account_by_name(api: Api) -> None:
    with unit_of_work(api.wiring.sessions) as session:
        user = create_user(session, "ada@example.com", "operator", NEW["password"], account_name="mine")
        assert (user.account_id, user.role) == (api.mine.account_id, "operator")
        with pytest.raises(Conflict, match="email_taken"):
            create_user(session, "ada@example.com", "viewer", NEW["password"])
        with pytest.raises(Invalid, match="role_unknown"):
            create_user(session, "eve@example.com", "king", NEW["password"])
        with pytest.raises(Invalid, match="password_refused"):
            create_user(session, "eve@example.com", "viewer", "password1234")


def test_a_token_left_in_the_table_does_not_reopen_an_owned_installation(api: Api) -> None:
    with unit_of_work(api.wiring.sessions) as session:
        session.get_one(Installation, 1).setup_token_hash = hashed("left over")
    with unit_of_work(api.wiring.sessions) as session, pytest.raises(Forbidden, match="setup_token_wrong"):
        setup.claim(session, "left over", api.wiring.clock.now())
