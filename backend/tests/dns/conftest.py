"""A workbench for every provider; the real servers start once."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
import trustme
from serversctl.dns.registry import all_providers
from support.servers.bind import Bind
from support.servers.powerdns import PowerDns
from support.vendors import benches
from support.vendors.benches import ZONE, Bench
from support.vendors.cloudflare import FakeCloudflare
from support.vendors.whm import FakeWhm


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


@pytest.fixture
def fake_cloudflare() -> Iterator[FakeCloudflare]:
    with FakeCloudflare(zone=ZONE) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def cloudflare_bench(fake_cloudflare: FakeCloudflare) -> Bench:
    return benches.cloudflare_bench(fake_cloudflare)


@pytest.fixture(scope="session")
def authority_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A certificate for 127.0.0.1 and the file of the CA that signed it."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    return context, str(ca_file)


@pytest.fixture
def fake_whm(authority_files: tuple[ssl.SSLContext, str]) -> Iterator[FakeWhm]:
    with FakeWhm(zone=ZONE, tls=authority_files[0]) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def whm_bench(fake_whm: FakeWhm, authority_files: tuple[ssl.SSLContext, str]) -> Bench:
    return benches.whm_bench(fake_whm, authority_files[1])


@pytest.fixture(params=list(all_providers()))
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each registered provider in turn: one without a `<kind>_bench` fixture is an error here."""
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made


@pytest.fixture
def free_port() -> int:
    from support.servers.ports import free_port as find

    return find("127.0.0.1")
