"""A probe that the control plane may not carry out is refused when it is saved: its members would never be ready."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from serversctl.failover.ports import DnsFacts
from serversctl.failover.tables import FailoverSettings
from serversctl.kernel.db import unit_of_work
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy import Engine
from support.api import make_api
from support.liveness import FakeLiveness

from .conftest import PAST

WEB = {"kind": "tcp", "port": 443}


def save(engine: Engine, clock: Any, *addresses: str, allow: str = "", probe: Any = None) -> tuple[Any, Any]:
    """The answer to saving a probe for a pool with a member at each address, and the probe kind afterwards."""
    api = make_api(engine, clock, outbound_allow=tuple(ip_network(net) for net in allow.split()))
    with unit_of_work(api.wiring.sessions) as session:
        pool = Pool(account_id=api.mine.account_id, name="edge", template="haproxy", created_at=PAST)
        session.add(pool)
        session.flush()
        session.add_all(
            Member(
                account_id=api.mine.account_id, pool_id=pool.id, hostname=f"lb{n}.example.net", display_name=f"lb{n}",
                template="haproxy_edge", linux_family="debian", allowed_ips=[address], public_ips=[],
                secret_hash=f"{n}", created_at=PAST,
            )
            for n, address in enumerate(addresses, 1)
        )  # fmt: skip
        pool_id = pool.id
    api.wiring.hooks["liveness"] = FakeLiveness
    api.wiring.hooks["dns_facts"] = lambda: {pool_id: DnsFacts(internal=True)}
    answer = api.client_as("operator").put(
        f"/api/pools/{pool_id}/failover", json={"recoverySec": 20, "probe": probe or WEB}
    )
    with unit_of_work(api.wiring.sessions) as session:
        row = session.get(FailoverSettings, pool_id)
        return answer, row.probe_kind if row else None


def test_a_member_in_a_closed_network_is_named_with_the_setting(engine: Engine, clock: Any) -> None:
    answer, kept = save(engine, clock, "93.184.216.34", "10.9.0.2")
    assert (answer.status_code, answer.get_json()["code"], kept) == (422, "probe_refused", None)
    (sentence,) = answer.get_json()["errors"]["probe"]
    assert all(part in sentence for part in ("lb2", "10.9.0.2", "SERVERSCTL_OUTBOUND_ALLOW")), sentence


@pytest.mark.parametrize(
    ("address", "allow", "probe"),
    [
        ("10.9.0.2", "10.9.0.0/24", {"kind": "tcp", "port": 3306}),
        ("93.184.216.34", "", WEB),
        ("10.9.0.2", "", {"kind": "none"}),
    ],
)
def test_a_probe_that_we_may_carry_out_is_kept(
    engine: Engine, clock: Any, address: str, allow: str, probe: dict[str, Any]
) -> None:
    answer, kept = save(engine, clock, address, allow=allow, probe=probe)
    assert (answer.status_code, kept) == (200, probe["kind"]), answer.text


@pytest.mark.parametrize(
    ("address", "allow", "port", "fix"),
    [
        ("10.9.0.2", "10.8.0.0/16", 443, "add its network"),
        ("93.184.216.34", "", 3306, "Choose another port"),
        ("100.100.100.200", "100.64.0.0/10", 443, "cannot open"),
        ("127.0.0.1", "0.0.0.0/0", 443, "add its network"),
    ],
)
def test_each_rule_comes_with_its_own_fix(
    engine: Engine, clock: Any, address: str, allow: str, port: int, fix: str
) -> None:
    answer, _ = save(engine, clock, address, allow=allow, probe={"kind": "tcp", "port": port})
    assert answer.status_code == 422
    (sentence,) = answer.get_json()["errors"]["probe"]
    assert address in sentence
    assert fix in sentence


def test_other_settings_are_saved_beside_a_probe_that_was_allowed_before(engine: Engine, clock: Any) -> None:
    answer, _ = save(engine, clock, "10.9.0.2", probe={"kind": "none"})
    assert answer.get_json()["recoverySec"] == 20
