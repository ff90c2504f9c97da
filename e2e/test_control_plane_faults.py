"""The control plane's own faults must never move a name."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from .stage import Stage, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open() as played:
        played.build(recovery_sec=10)
        yield played


def unmoved(stage: Stage, count: int) -> None:
    """Not one event more, and the name where it was."""
    assert until(stage.events, within_sec=20, what="the API answers", good=lambda e: len(e) > 0)
    assert len(stage.events()) == count
    assert stage.dig() == (stage.host("edge-1").address,)


def test_a_control_plane_paused_for_a_minute_promotes_nobody_on_return(stage: Stage) -> None:
    count = len(stage.events())
    stage.plane.pause()
    time.sleep(60)
    stage.plane.resume()
    time.sleep(15)
    stage.await_beats(*stage.member_ids)
    unmoved(stage, count)


def test_a_restarted_control_plane_promotes_nobody_and_works_on(stage: Stage) -> None:
    count = len(stage.events())
    stage.plane.stop()
    time.sleep(15)
    stage.plane.start()
    stage.await_beats(*stage.member_ids, within_sec=40)
    time.sleep(12)
    unmoved(stage, count)


@pytest.mark.parametrize("role", ["web", "worker", "monitor", "redis"])
def test_a_killed_process_comes_back_and_nothing_moves(stage: Stage, role: str) -> None:
    count = len(stage.events())
    before = stage.plane.role_pid(role)
    stage.plane.kill_role(role)
    until(lambda: stage.plane.role_pid(role) not in (0, before), within_sec=30, what=f"{role} runs again")
    stage.await_beats(*stage.member_ids, within_sec=40)
    # Longer than the recovery time: whoever counted the outage as silence would act by now.
    time.sleep(12)
    unmoved(stage, count)


def test_a_dead_active_is_still_replaced_after_the_monitor_was_killed(stage: Stage) -> None:
    active = stage.host("edge-1")
    stage.await_ready("edge-2", "edge-3", within_sec=60)
    active.crash()
    time.sleep(4)
    stage.plane.kill_role("monitor")
    # The next holder waits out the lease of the dead one and its own grace before it may act.
    address, _ = stage.await_name_at_standby(not_address=active.address, within_sec=90)
    assert stage.page() != "edge-1"
    active.boot()
    stage.await_beats("edge-1")
    assert stage.dig() == (address,)


def test_a_name_server_that_is_away_gets_the_move_when_it_returns(stage: Stage) -> None:
    active = stage.host(stage.active())
    stage.api.post(f"/pools/{stage.pool_id}/failover/acknowledge")
    stage.await_ready(*[n for n in stage.member_ids if n != active.hostname], within_sec=60)
    stage.dns.pause()
    active.crash()
    time.sleep(25)
    stage.dns.resume()
    address, seconds = stage.await_name_at_standby(not_address=active.address, within_sec=40)
    assert address
    assert seconds < 40
    active.boot()
