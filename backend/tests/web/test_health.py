"""Liveness, readiness with reasons, measurements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serversctl.failover.tables import MonitorLease
from serversctl.kernel.db import database_now, unit_of_work
from serversctl.kernel.health import LOOKS, Health
from sqlalchemy import Engine
from support.api import Api, make_api


class Answering:
    """As much of Redis as readiness asks."""

    def ping(self) -> bool:
        return True

    def smembers(self, _name: str) -> set[bytes]:
        return set()

    def scard(self, _name: str) -> int:
        return 0


@pytest.fixture
def with_redis(engine: Engine, clock: Any) -> Api:
    api = make_api(engine, clock)
    api.wiring.redis = Answering()  # type: ignore[assignment]
    return api


def checks(api: Api) -> dict[str, Any]:
    answer = api.anonymous().get("/readyz").get_json()
    return {check["name"]: check for check in answer["checks"]}


def test_the_process_answers_even_when_nothing_else_does(api: Api) -> None:
    api.wiring.engine.dispose()
    assert api.anonymous().get("/healthz").get_json()["status"] == "ok"


def test_without_redis_it_is_not_ready_and_says_so(api: Api) -> None:
    answer = api.anonymous().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "not_ready")
    assert checks(api)["redis"]["ok"] is False
    assert checks(api)["database"]["ok"] is True


def test_without_a_worker_it_is_degraded_and_says_what_to_start(with_redis: Api) -> None:
    answer = with_redis.anonymous().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert "serversctl worker" in checks(with_redis)["worker"]["detail"]


def test_without_a_database_it_is_not_ready(with_redis: Api) -> None:
    from serversctl.kernel.db import make_engine, make_sessions

    with_redis.wiring.sessions = make_sessions(make_engine("sqlite:////dev/null/none.db"))
    assert checks(with_redis)["database"]["ok"] is False
    assert with_redis.anonymous().get("/readyz").status_code == 503


def test_a_room_adds_its_own_look(with_redis: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOOKS._things, "elsewhere", lambda _: Health(False, "asleep"))
    assert checks(with_redis)["elsewhere"]["detail"] == "asleep"

    def raising(_: Any) -> Health:
        raise RuntimeError("inner secret")

    monkeypatch.setitem(LOOKS._things, "elsewhere", raising)
    assert checks(with_redis)["elsewhere"]["detail"] == "no answer (RuntimeError)"


def test_measurements_are_in_prometheus_form_and_hold_no_names(api: Api) -> None:
    api.anonymous().get("/healthz")
    api.client_as("owner").get(f"/api/users/{api.mine.users['owner']}")
    text = api.anonymous().get("/metrics").get_data(as_text=True)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert any(
        sample.labels == {"method": "GET", "route": "/healthz", "status": "200"} and sample.value == 1
        for sample in families["serversctl_http_requests"].samples
    )
    assert {s.labels["part"]: s.value for s in families["serversctl_check_ok"].samples}["database"] == 1
    assert str(api.mine.users["owner"]) not in text
    assert "example.com" not in text


def test_two_apps_in_one_process_measure_apart(engine: Engine, clock: Any, api: Api) -> None:
    from support.api import make_app

    other = make_app(api.wiring)
    api.anonymous().get("/healthz")
    assert "/healthz" not in other.test_client().get("/metrics").get_data(as_text=True)


def test_the_monitor_is_reported_by_its_lease(with_redis: Api) -> None:
    def lease(seconds: float, *, released: bool = False) -> dict[str, Any]:
        with unit_of_work(with_redis.wiring.sessions) as session:
            session.merge(
                MonitorLease(
                    name="failover",
                    holder="monitor-1",
                    epoch=1,
                    expires_at=database_now(session) + timedelta(seconds=seconds),
                    released=released,
                )
            )
        found: dict[str, Any] = checks(with_redis)["monitor"]
        return found

    assert "serversctl monitor" in checks(with_redis)["monitor"]["detail"]
    assert lease(8)["ok"] is True
    assert lease(-5)["ok"] is False
    assert "ran out 5 s ago" in lease(-5)["detail"]
    assert lease(8, released=True)["ok"] is False
