"""The plan gates: one table for the API and the dashboard."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from serversctl.identity import editions
from serversctl.identity.editions import Gates, gates, locks
from serversctl.identity.schemas import GatesOut
from serversctl.identity.service import set_plan
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.errors import Forbidden
from serversctl.kernel.settings import Settings
from sqlalchemy import Engine
from support.api import make_api

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOSTED, OWN = Settings(edition="hosted"), Settings()


@dataclass(frozen=True)
class Account:
    plan: str = "community"
    trial_until: datetime | None = None


def test_a_self_hosted_installation_gates_nothing() -> None:
    assert gates(Account(), OWN, NOW) == gates(Account("pro"), HOSTED, NOW)
    assert locks(gates(Account(), OWN, NOW)) == []


def test_community_is_gated_where_the_table_says() -> None:
    community = gates(Account(), HOSTED, NOW)
    assert community == Gates(
        failover_delay_min_sec=120,
        cross_member_restore=False,
        premium_dns=False,
        replicate_now=False,
        cpanel_manage=False,
        cpanel_accounts_shown_max=5,
        cpanel_live_migrate=False,
        stack_restore=False,
        advanced_mariadb_recipes=False,
        advanced_recipes=False,
        failover_banner_max_sec=7200,
    )
    assert {lock.name for lock in locks(community)} == {spec.name for spec in fields(Gates)}


def test_a_trial_has_pro_rights_until_its_last_moment() -> None:
    trial = Account(trial_until=NOW + timedelta(days=1))
    assert gates(trial, HOSTED, NOW) == gates(Account("pro"), HOSTED, NOW)
    assert gates(trial, HOSTED, NOW + timedelta(days=1)) == gates(Account(), HOSTED, NOW)


def test_pro_may_fail_over_after_ten_seconds() -> None:
    assert gates(Account("pro"), HOSTED, NOW).failover_delay_min_sec == 10


def test_a_locked_feature_names_the_way_to_open_it() -> None:
    with pytest.raises(Forbidden, match="Upgrade") as why:
        editions.require(gates(Account(), HOSTED, NOW), "replicate_now")
    assert why.value.code == "plan_locked"
    editions.require(gates(Account("pro"), HOSTED, NOW), "replicate_now")


def test_the_wire_shows_every_gate() -> None:
    assert set(GatesOut().fields) == {spec.name for spec in fields(Gates)}


def test_me_shows_the_gates_and_the_locks(engine: Engine, clock: Any) -> None:
    api = make_api(engine, clock, edition="hosted")
    me = api.client_as("viewer").get("/api/auth/me").get_json()
    assert me["gates"]["failoverDelayMinSec"] == 120
    assert {"name": "replicateNow", "title": "Replicate protected accounts now"} in me["locks"]
    with unit_of_work(api.wiring.sessions) as session:
        set_plan(session, api.mine.account_id, "pro")
    assert api.client_as("viewer").get("/api/auth/me").get_json()["locks"] == []
