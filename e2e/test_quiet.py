"""What must not move traffic, and what an operator moves: stories that share one pool."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import pytest
from rich.console import Console

from .demo import Demo
from .stage import FQDN, Stage, until

RECOVERY_SEC = 10
pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open() as played:
        played.build(recovery_sec=RECOVERY_SEC)
        yield played


def test_a_killed_agent_moves_nothing_while_haproxy_serves_and_the_hold_says_so(stage: Stage) -> None:
    active = stage.host("edge-1")
    stage.mail.clear()
    active.service("stop", "balctl-heartbeat")
    held = until(
        stage.hold,
        within_sec=RECOVERY_SEC + 18,
        what="a hold because the agent is lost and the service is up",
    )
    assert held["reason"] == "agent_lost"
    assert stage.dig() == (active.address,)
    assert stage.page() == "edge-1"
    # A hold is told once it has lasted 15 s: a blip wakes nobody.
    stage.await_mail("edge-1", "agent is lost", within_sec=45)
    active.service("start", "balctl-heartbeat")
    until(lambda: stage.hold() is None, within_sec=30, what="the hold ends")


def test_a_restart_of_haproxy_moves_nothing(stage: Stage) -> None:
    active = stage.host("edge-1")
    count = len(stage.events())
    for _ in range(3):
        active.service("restart", "haproxy")
        time.sleep(2)
    time.sleep(4)
    assert stage.dig() == (active.address,)
    assert len(stage.events()) == count


def test_what_would_happen_now_is_told_and_changes_nothing(stage: Stage) -> None:
    before = stage.events()
    told = stage.api.post(f"/pools/{stage.pool_id}/failover/simulate", {"dead": [stage.member_ids["edge-1"]]})
    assert told["kind"] == "promote"
    assert told["toMemberId"] in {stage.member_ids["edge-2"], stage.member_ids["edge-3"]}
    assert told["sentences"]
    assert stage.dig() == (stage.host("edge-1").address,)
    assert stage.events() == before


def test_the_demo_and_the_terminal_show_every_member_and_who_is_active(stage: Stage) -> None:
    screen = Console(width=160, record=True, file=io.StringIO())
    screen.print(Demo(stage).view())
    for shown in (screen.export_text(), stage.plane.cli("status")):
        assert all(name in shown for name in ("edge-1", "edge-2", "edge-3"))
        assert "active" in shown
        assert stage.host("edge-1").address in shown
        assert "no fresh answer" not in shown, "both know the control plane's own probes"


def test_a_record_edited_by_hand_is_put_back(stage: Stage) -> None:
    active = stage.host("edge-1")
    stage.dns.set("example.net", FQDN, "A", [stage.host("edge-3").address])
    stage.await_name(active.address, within_sec=140)


def test_a_lost_standby_is_told_once_and_its_return_too(stage: Stage) -> None:
    standby = stage.host("edge-3")
    stage.mail.clear()
    standby.cut()
    stage.await_mail("edge-3", within_sec=60)
    standby.heal()
    stage.await_mail("edge-3", within_sec=60, count=2)
    time.sleep(5)
    assert len(stage.await_mail("edge-3", within_sec=1)) == 2
    assert stage.dig() == (stage.host("edge-1").address,)


def test_an_operator_makes_another_member_active(stage: Stage) -> None:
    stage.make_active("edge-2")
    assert stage.page() == "edge-2"
    assert (
        until(lambda: stage.events()[0], good=lambda e: e["state"] == "done", within_sec=20, what="a finished event")[
            "kind"
        ]
        == "manual"
    )
    assert stage.active() == "edge-2"
