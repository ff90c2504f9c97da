"""The main job, as a client of the pool sees it: the name stays on a live member."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from .stage import Stage, until

RECOVERY_SEC = 10
# The promise: within the recovery time + 8 s the name answers with a standby's address.
PROMISE_SEC = RECOVERY_SEC + 8

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A pool of its own for each story that moves traffic: after a move the pool rests for a minute."""
    with Stage.open() as played:
        played.build(recovery_sec=RECOVERY_SEC)
        played.mail.clear()
        yield played


def finished_event(stage: Stage, *, within_sec: float = 20) -> dict[str, object]:
    return until(
        lambda: stage.events()[0], good=lambda e: e["state"] == "done", within_sec=within_sec, what="a finished event"
    )


def assert_moved(stage: Stage, seconds: float, to_address: str) -> None:
    """What every story of a dead active ends with: the page, the event with its evidence, the mail."""
    assert seconds <= PROMISE_SEC
    standby = next(host for host in stage.lab.hosts if host.address == to_address)
    assert stage.page() == standby.hostname
    event = finished_event(stage)
    assert event["kind"] == "automatic"
    assert event["toMemberId"] == stage.member_ids[standby.hostname]
    assert event["sentences"]
    told = stage.api.get(f"/pools/{stage.pool_id}/failover/events/{event['id']}")
    assert told["evidence"], "an automatic failover keeps what it was decided on"
    assert len(told["timeline"]) >= 2
    stage.await_mail("moves to", standby.hostname, within_sec=20)


def test_clients_reach_a_standby_when_haproxy_stops_on_the_active(stage: Stage) -> None:
    active = stage.host("edge-1")
    active.service("stop", "haproxy")
    address, seconds = stage.await_name_at_standby(not_address=active.address, within_sec=PROMISE_SEC)
    assert_moved(stage, seconds, address)


def test_clients_reach_a_standby_when_the_active_loses_its_network(stage: Stage) -> None:
    active = stage.host("edge-1")
    active.cut()
    address, seconds = stage.await_name_at_standby(not_address=active.address, within_sec=PROMISE_SEC)
    assert_moved(stage, seconds, address)


def test_clients_reach_a_standby_when_the_active_loses_power(stage: Stage) -> None:
    active = stage.host("edge-1")
    active.crash()
    address, seconds = stage.await_name_at_standby(not_address=active.address, within_sec=PROMISE_SEC)
    assert_moved(stage, seconds, address)


def test_the_old_active_returns_as_a_standby_and_moves_nothing(stage: Stage) -> None:
    active = stage.host("edge-1")
    active.crash()
    address, _ = stage.await_name_at_standby(not_address=active.address, within_sec=PROMISE_SEC)
    finished_event(stage)
    count = len(stage.events())
    active.boot()
    stage.await_beats("edge-1")
    stage.await_ready("edge-1")
    time.sleep(5)
    assert stage.dig() == (address,)
    assert len(stage.events()) == count
