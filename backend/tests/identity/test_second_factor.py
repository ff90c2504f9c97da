"""Sign-in codes and recovery codes: each good once."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from serversctl.identity.tables import RecoveryCode, User
from serversctl.kernel.db import reading
from sqlalchemy import select
from support.api import PASSWORD, Api

OWNER = "owner@mine.example.com"


@pytest.fixture
def totp(api: Api) -> pyotp.TOTP:
    """The owner's authenticator app, set up; `totp.codes` are the recovery codes."""
    client = api.client_as("owner")
    begun = client.post("/api/auth/totp").get_json()
    app = pyotp.parse_uri(begun["otpauthUri"])
    assert isinstance(app, pyotp.TOTP)
    assert app.name == OWNER
    answer = client.put("/api/auth/totp", json={"code": app.at(api.wiring.clock.now())})
    assert answer.status_code == 200, answer.get_json()
    app.codes = answer.get_json()["recoveryCodes"]  # type: ignore[attr-defined]
    return app


def login(api: Api, **more: str) -> Any:
    return api.anonymous().post("/api/auth/login", json={"email": OWNER, "password": PASSWORD, **more})


def test_the_password_alone_no_longer_suffices(api: Api, totp: pyotp.TOTP) -> None:
    assert login(api).get_json()["code"] == "totp_required"


def test_a_code_signs_in_once(api: Api, clock: Any, totp: pyotp.TOTP) -> None:
    clock.pass_time(60)
    code = totp.at(clock.now())
    assert login(api, code=code).status_code == 200
    assert login(api, code=code).get_json()["code"] == "totp_spent"


def test_the_code_that_turned_it_on_is_spent(api: Api, clock: Any, totp: pyotp.TOTP) -> None:
    assert login(api, code=totp.at(clock.now())).get_json()["code"] == "totp_spent"


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_a_clock_may_be_one_step_off(api: Api, clock: Any, totp: pyotp.TOTP, steps: int, status: int) -> None:
    clock.pass_time(300)
    assert login(api, code=totp.at(int(clock.now().timestamp()) + 30 * steps)).status_code == status


def test_an_older_code_is_spent_with_a_newer_one(api: Api, clock: Any, totp: pyotp.TOTP) -> None:
    clock.pass_time(300)
    assert login(api, code=totp.at(int(clock.now().timestamp()) + 30)).status_code == 200
    assert login(api, code=totp.at(clock.now())).get_json()["code"] == "totp_spent"


def test_a_recovery_code_signs_in_once_however_it_is_typed(api: Api, totp: pyotp.TOTP) -> None:
    code = totp.codes[0]  # type: ignore[attr-defined]
    assert login(api, recoveryCode=code.upper().replace("-", " ")).status_code == 200
    assert login(api, recoveryCode=code).get_json()["code"] == "recovery_code_wrong"


def test_ten_recovery_codes_are_kept_as_hashes(api: Api, totp: pyotp.TOTP) -> None:
    with reading(api.wiring.sessions) as session:
        stored = session.scalars(select(RecoveryCode.code_hash)).all()
        sealed = session.get_one(User, api.mine.users["owner"]).totp_sealed
    assert len(stored) == len(set(totp.codes)) == 10  # type: ignore[attr-defined]
    assert not set(stored) & set(totp.codes)  # type: ignore[attr-defined]
    assert sealed is not None
    assert totp.secret not in sealed


def test_a_password_reset_keeps_the_second_factor(api: Api, totp: pyotp.TOTP) -> None:
    from serversctl.identity.service import open_mailed_token
    from serversctl.kernel.outbox import OutboxEvent

    api.anonymous().post("/api/auth/reset", json={"email": OWNER})
    with reading(api.wiring.sessions) as session:
        token = open_mailed_token(api.wiring.sealer, session.scalars(select(OutboxEvent)).one().payload)
    body = {"token": token, "password": "nine quiet rivers turn"}
    assert api.anonymous().post("/api/auth/reset/confirm", json=body).status_code == 204
    answer = api.anonymous().post("/api/auth/login", json={"email": OWNER, "password": "nine quiet rivers turn"})
    assert answer.get_json()["code"] == "totp_required"


def test_a_step_up_asks_for_the_code_too(api: Api, clock: Any, totp: pyotp.TOTP) -> None:
    clock.pass_time(60)
    client = api.client_as("owner")
    assert client.post("/api/auth/step-up", json={"password": PASSWORD}).get_json()["code"] == "totp_required"
    body = {"password": PASSWORD, "code": totp.at(clock.now())}
    assert client.post("/api/auth/step-up", json=body).status_code == 200


def test_turning_codes_off_needs_a_fresh_proof_and_voids_the_recovery_codes(
    api: Api, clock: Any, totp: pyotp.TOTP
) -> None:
    client = api.client_as("owner")
    clock.pass_time(301)
    assert client.delete("/api/auth/totp").get_json()["code"] == "step_up_required"
    assert api.client_as("owner").delete("/api/auth/totp").status_code == 204
    assert login(api).status_code == 200
    with reading(api.wiring.sessions) as session:
        assert session.scalars(select(RecoveryCode)).all() == []


def test_new_recovery_codes_void_the_old_ones(api: Api, totp: pyotp.TOTP) -> None:
    fresh = api.client_as("owner").post("/api/auth/totp/recovery-codes").get_json()["recoveryCodes"]
    assert login(api, recoveryCode=totp.codes[1]).status_code == 401  # type: ignore[attr-defined]
    assert login(api, recoveryCode=fresh[0]).status_code == 200


def test_guessing_codes_is_throttled_like_guessing_passwords(api: Api, totp: pyotp.TOTP) -> None:
    answers = [login(api, code=f"{number:06d}").status_code for number in range(11)]
    assert answers[-1] == 429


def test_a_wrong_code_does_not_turn_it_on(api: Api) -> None:
    client = api.client_as("viewer")
    assert client.put("/api/auth/totp", json={"code": "000000"}).get_json()["code"] == "totp_not_begun"
    begun = client.post("/api/auth/totp").get_json()
    right = pyotp.TOTP(begun["secret"]).at(api.wiring.clock.now())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert client.put("/api/auth/totp", json={"code": wrong}).get_json()["code"] == "totp_wrong"
    assert client.get("/api/auth/totp").get_json() == {"enabled": False, "recoveryCodesLeft": 0}
