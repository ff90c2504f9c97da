"""Two monitors may run; one decides, and the other takes its place."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from .stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open() as played:
        played.build(recovery_sec=10)
        yield played


def automatic(stage: Stage) -> int:
    return sum(event["kind"] == "automatic" for event in stage.events())


def test_two_monitors_make_one_promotion(stage: Stage) -> None:
    active = stage.host("edge-1")
    with stage.plane.extra("monitor"):
        active.crash()
        address, _ = stage.await_name_at_standby(not_address=active.address, within_sec=18)
        stage.rest()
        assert stage.dig() == (address,)
        assert automatic(stage) == 1
    active.boot()
    stage.await_beats("edge-1", within_sec=40)


def test_the_second_monitor_decides_when_the_first_one_freezes(stage: Stage) -> None:
    stage.rest()
    active = stage.host(stage.active())
    stage.await_ready(*[name for name in stage.member_ids if name != active.hostname], within_sec=60)
    before = automatic(stage)
    frozen = stage.plane.role_pid("monitor")
    with stage.plane.extra("monitor"):
        os.kill(frozen, signal.SIGSTOP)
        try:
            active.crash()
            # Lease 8 s, lock delay 15 s and grace come before the recovery time of the new decider.
            address, _ = stage.await_name_at_standby(not_address=active.address, within_sec=75)
        finally:
            os.kill(frozen, signal.SIGCONT)
        stage.rest()
        assert stage.dig() == (address,)
        assert automatic(stage) == before + 1
