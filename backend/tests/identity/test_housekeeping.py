"""What the worker does for identity."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from serversctl.identity import jobs
from serversctl.identity.tables import AttemptCount, MailedToken, UserSession
from serversctl.kernel.db import reading
from sqlalchemy import func, select
from support.api import PASSWORD, Api


def rows(api: Api) -> list[int]:
    with reading(api.wiring.sessions) as session:
        tables = (UserSession, MailedToken, AttemptCount)
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_what_is_over_is_forgotten_and_nothing_else(api: Api, clock: Any) -> None:
    api.anonymous().post("/api/auth/reset", json={"email": "viewer@mine.example.com"})
    client = api.client_as("owner")
    before = rows(api)
    jobs.forget(api.wiring)
    assert rows(api) == before
    assert client.get("/api/auth/me").status_code == 200
    clock.pass_time(13 * 3600)
    jobs.forget(api.wiring)
    assert rows(api) == [0, 1, 0]
    clock.pass_time(8 * 86400)
    jobs.forget(api.wiring)
    assert rows(api) == [0, 0, 0]


def test_the_audit_head_goes_to_the_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    api.anonymous().post("/api/auth/login", json={"email": "owner@mine.example.com", "password": PASSWORD})
    with caplog.at_level(logging.INFO):
        jobs.put_head_on_record(api.wiring)
    assert "audit head: everything 1 " in caplog.text
