"""Where hosts cannot be made, the demo plays the same pool with local processes on loopback addresses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stage import Stage

pytestmark = pytest.mark.timeout(150)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open(local=True) as played:
        played.build(recovery_sec=10)
        yield played


def test_clients_reach_a_standby_on_loopback_when_haproxy_stops(stage: Stage) -> None:
    active = stage.host("edge-1")
    active.service("stop", "haproxy")
    stage.await_name_at_standby(not_address=active.address, within_sec=18)
    assert stage.page() in {"edge-2", "edge-3"}
    stage.await_mail("moves to", within_sec=20)
