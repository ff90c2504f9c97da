"""The main job, as a client of the pool sees it: the name stays on a live member."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from .stage import FQDN, Stage, until

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


@pytest.fixture(scope="module")
def calm() -> Iterator[Stage]:
    """One pool for the stories in which automation moves nothing."""
    with Stage.open() as played:
        played.build(recovery_sec=RECOVERY_SEC)
        yield played


CALM = pytest.mark.xdist_group("calm")


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
    mails = stage.mail.wait_for(1, timeout_sec=15)
    assert any(standby.hostname in mail.subject + mail.text for mail in mails)


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


@CALM
def test_a_killed_agent_moves_nothing_while_haproxy_serves_and_the_hold_says_so(calm: Stage) -> None:
    active = calm.host("edge-1")
    calm.mail.clear()
    active.service("stop", "balctl-heartbeat")
    held = until(
        calm.hold,
        within_sec=PROMISE_SEC + 10,
        what="a hold because the agent is lost and the service is up",
    )
    assert held["reason"] == "agent_lost"
    assert calm.dig() == (active.address,)
    assert calm.page() == "edge-1"
    # A hold is told once it has lasted 15 s: a blip wakes nobody.
    mails = calm.mail.wait_for(1, timeout_sec=45)
    assert any("edge-1" in mail.subject + mail.text for mail in mails)
    active.service("start", "balctl-heartbeat")
    until(lambda: calm.hold() is None, within_sec=30, what="the hold ends")


@CALM
def test_a_restart_of_haproxy_moves_nothing(calm: Stage) -> None:
    active = calm.host("edge-1")
    count = len(calm.events())
    for _ in range(3):
        active.service("restart", "haproxy")
        time.sleep(2)
    time.sleep(4)
    assert calm.dig() == (active.address,)
    assert len(calm.events()) == count


@CALM
def test_what_would_happen_now_is_told_and_changes_nothing(calm: Stage) -> None:
    before = calm.events()
    told = calm.api.post(f"/pools/{calm.pool_id}/failover/simulate", {"dead": [calm.member_ids["edge-1"]]})
    assert told["kind"] == "promote"
    assert told["toMemberId"] in {calm.member_ids["edge-2"], calm.member_ids["edge-3"]}
    assert told["sentences"]
    assert calm.dig() == (calm.host("edge-1").address,)
    assert calm.events() == before


@CALM
def test_a_record_edited_by_hand_is_put_back(calm: Stage) -> None:
    active = calm.host("edge-1")
    calm.dns.set("example.net", FQDN, "A", [calm.host("edge-3").address])
    calm.await_name(active.address, within_sec=140)


@CALM
def test_an_operator_makes_another_member_active(calm: Stage) -> None:
    calm.make_active("edge-2")
    assert calm.page() == "edge-2"
    assert finished_event(calm)["kind"] == "manual"
    assert calm.active() == "edge-2"
