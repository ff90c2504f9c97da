"""Fixtures: an authority per run, a control plane and a host per test."""

from __future__ import annotations

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support.certs import TestAuthority
from support.control import ControlServer
from support.haproxy import FakeHaproxy
from support.host import Host


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return TestAuthority(str(tmp_path_factory.mktemp("ca")))


@pytest.fixture
def server(authority):
    with ControlServer(authority.server, authority.key) as running:
        yield running


@pytest.fixture
def control(server):
    return server.control


@pytest.fixture
def host(tmp_path, server, authority):
    made = Host(str(tmp_path), server.url, authority.ca)
    yield made
    made.close()


@pytest.fixture
def haproxy(host):
    socket_path = host.path("/run/haproxy/admin.sock")
    host.with_haproxy()
    fake = FakeHaproxy(socket_path)
    yield fake
    fake.close()
