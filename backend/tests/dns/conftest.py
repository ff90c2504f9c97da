"""A workbench for every provider; the real servers start once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serversctl.dns.registry import all_providers
from support.servers.bind import Bind
from support.servers.powerdns import PowerDns
from support.vendors import benches
from support.vendors.benches import ZONE, Bench


@pytest.fixture(scope="session")
def powerdns() -> Iterator[PowerDns]:
    with PowerDns.start(zone=ZONE) as server:
        yield server


@pytest.fixture(scope="session")
def bind() -> Iterator[Bind]:
    with Bind.start(zone=ZONE) as server:
        yield server


@pytest.fixture
def powerdns_bench(powerdns: PowerDns) -> Bench:
    return benches.powerdns_bench(powerdns)


@pytest.fixture
def rfc2136_bench(bind: Bind) -> Bench:
    return benches.rfc2136_bench(bind)


@pytest.fixture(params=list(all_providers()))
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each registered provider in turn: one without a `<kind>_bench` fixture is an error here."""
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made


@pytest.fixture
def free_port() -> int:
    from support.servers.ports import free_port as find

    return find("127.0.0.1")
