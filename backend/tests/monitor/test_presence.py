"""Lost and recovered are told once each, and never because of an outage of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from serversctl.kernel.outbox import OutboxEvent
from serversctl.monitor.loop import Monitor
from serversctl.monitor.presence import Presence, SqlOutages
from support.records import Inline

if TYPE_CHECKING:
    from .conftest import Watch


@pytest.fixture
def present(watch: Watch) -> Watch:
    """The watch with a presence; the monitor before it lets go of the lease."""
    watch.monitor.close()
    watch.monitor = Monitor(
        store=watch.house.store, liveness=watch.liveness, keeper=watch.keeper, threads=Inline(),
        boot=lambda: watch.boot, holder="present",
        presence=Presence(watch.liveness, SqlOutages(watch.house.sessions)),
    )  # fmt: skip
    watch.pass_time(16, tick=1.0)
    return watch


def told(watch: Watch) -> list[str]:
    return [row.kind for row in watch.house.all(OutboxEvent) if row.kind in {"member.lost", "member.recovered"}]


def test_a_silent_standby_is_lost_once_and_recovered_once(present: Watch) -> None:
    standby = present.house.members[2]
    present.beating.discard(standby)
    present.pass_time(28)
    assert told(present) == []
    present.pass_time(20)
    assert told(present) == ["member.lost"]
    present.beating.add(standby)
    present.pass_time(10)
    assert told(present) == ["member.lost", "member.recovered"]


def test_our_own_outage_makes_nobody_lost(present: Watch) -> None:
    present.canary = False
    present.beating.clear()
    present.pass_time(120)
    assert told(present) == []


def test_another_monitor_does_not_tell_it_again(present: Watch) -> None:
    present.beating.discard(present.house.members[2])
    present.pass_time(40)
    present.monitor.close()
    present.monitor = Monitor(
        store=present.house.store, liveness=present.liveness, keeper=present.keeper, threads=Inline(),
        boot=lambda: present.boot, holder="next",
        presence=Presence(present.liveness, SqlOutages(present.house.sessions)),
    )  # fmt: skip
    present.pass_time(60)
    assert told(present) == ["member.lost"]
