"""The same main job over BIND and signed dynamic updates, with the name server away at the worst moment."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from .stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open(bind=True) as played:
        played.build(recovery_sec=10)
        yield played


def test_bind_gets_the_move_when_it_returns_from_an_outage(stage: Stage) -> None:
    active = stage.host("edge-1")
    stage.dns.pause()
    active.crash()
    time.sleep(20)
    stage.dns.resume()
    stage.await_name_at_standby(not_address=active.address, within_sec=40)
    assert stage.page() != "edge-1"
    assert stage.active() != "edge-1"
