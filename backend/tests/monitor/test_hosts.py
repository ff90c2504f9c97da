"""The monitor's warnings: made beside the loop, taken by the tick, and only ever a matter of rank."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from serversctl.failover.rules.warnings import Disk, Report
from serversctl.failover.tables import FailoverEvent
from serversctl.members.tables import Member
from serversctl.monitor import hosts as hosts_module
from serversctl.monitor.hosts import HostWatch
from serversctl.monitor.loop import Monitor
from sqlalchemy import update
from support.records import Inline

if TYPE_CHECKING:
    from .conftest import Watch

FULL = Report(agent_version=7, fullest_disk=Disk("/var", 99.0))


class Said:
    """Reports in the test's hands."""

    latest_agent = 7

    def __init__(self, reports: Mapping[UUID, Report]) -> None:
        self.reports = dict(reports)
        self.asked: list[set[UUID]] = []

    def of(self, ids: Collection[UUID]) -> Mapping[UUID, Report]:
        self.asked.append(set(ids))
        return {member: report for member, report in self.reports.items() if member in ids}


def picture(*sizes: int) -> Any:
    """Pools with this many members; the members of pool n have ids n*1000 and up."""
    pools = {
        UUID(int=n): SimpleNamespace(
            active_id=UUID(int=1000 * n),
            members=[SimpleNamespace(member_id=UUID(int=1000 * n + place)) for place in range(size)],
        )
        for n, size in enumerate(sizes, 1)
    }
    return SimpleNamespace(pools=pools)


def warned(watch: HostWatch) -> set[int]:
    return {member.int for member in watch.latest()}


def test_a_large_fleet_is_read_in_turns_of_whole_pools(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_module, "MEMBERS_EACH", 5)
    said = Said({UUID(int=1000 * n + place): FULL for n in (1, 2, 3) for place in range(7)})
    watch = HostWatch(said, clock)
    watch.follow(picture(3, 3, 7))
    sizes = []
    for _ in range(4):
        watch.refresh()
        sizes.append((sorted({member.int // 1000 for member in said.asked[-1]}), len(watch.latest())))
    assert sizes == [([1], 3), ([2], 6), ([3], 13), ([1], 13)]


def test_members_that_are_gone_or_silent_to_the_store_are_forgotten(clock: Any) -> None:
    said = Said({UUID(int=1000): FULL, UUID(int=1001): FULL})
    watch = HostWatch(said, clock)
    watch.follow(picture(2))
    watch.refresh()
    assert warned(watch) == {1000, 1001}
    watch.follow(picture(1))
    watch.refresh()
    assert warned(watch) == {1000}
    assert [member.int for member in watch._known] == [1000]
    said.reports[UUID(int=1000)] = replace(FULL, fullest_disk=None)
    watch.refresh()
    assert warned(watch) == set()


def test_a_store_that_is_away_leaves_no_old_warnings(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_module, "MEMBERS_EACH", 2)
    said = Said({UUID(int=1000): FULL, UUID(int=2000): FULL})
    watch = HostWatch(said, clock)
    watch.follow(picture(2, 2))
    watch.refresh()
    watch.refresh()
    assert warned(watch) == {1000, 2000}
    said.reports.clear()
    watch.refresh()
    assert warned(watch) == set()


def test_the_thread_survives_a_fault_and_warns_of_nobody_meanwhile(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_module, "REFRESH_SEC", 0.005)
    said = Said({UUID(int=1000): FULL})
    watch = HostWatch(said, clock)
    watch.follow(picture(1))
    watch.start()
    try:
        assert soon(lambda: warned(watch) == {1000})
        said.latest_agent = "nonsense"  # type: ignore[assignment]
        assert soon(lambda: warned(watch) == set())
        said.latest_agent = 7
        assert soon(lambda: warned(watch) == {1000})
    finally:
        watch.stop()


def soon(wish: Callable[[], bool]) -> bool:
    """Within two seconds."""
    patience = threading.Event()
    return any(wish() or patience.wait(0.01) for _ in range(200))


def watched(watch: Watch, said: Said, clock: Any) -> HostWatch:
    """The watch with a monitor that knows what hosts say, healthy and out of its grace."""
    watch.monitor.close()
    made = HostWatch(said, clock)
    watch.monitor = Monitor(
        store=watch.house.store, liveness=watch.liveness, keeper=watch.keeper, threads=Inline(),
        boot=lambda: watch.boot, holder="hosts", warnings=made.latest, shown=lambda seen, _dns: made.follow(seen),
    )  # fmt: skip
    watch.pass_time(16, tick=1.0)
    made.refresh()
    return made


@pytest.mark.parametrize("worse", [1, 2])
def test_traffic_goes_past_the_standby_with_a_full_disk(watch: Watch, clock: Any, worse: int) -> None:
    watched(watch, Said({watch.house.members[worse]: FULL}), clock)
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(40)
    assert watch.active == 3 - worse
    (event,) = watch.house.all(FailoverEvent)
    gates = {row["memberId"]: row["gates"] for row in event.evidence["members"]}[str(watch.house.members[worse])]
    assert {"name": "disk", "passed": False, "blocking": False, "reason": "The disk at /var is 99 % full."} in gates


def test_a_standby_with_a_full_disk_is_better_than_none(watch: Watch, clock: Any) -> None:
    watched(watch, Said({watch.house.members[1]: FULL}), clock)
    watch.house.change(lambda db: db.execute(update(Member).values(maintenance=Member.id == watch.house.members[2])))
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(40)
    assert watch.active == 1


def test_a_tick_never_asks_for_reports(watch: Watch, clock: Any) -> None:
    said = Said({watch.house.members[1]: FULL})
    watched(watch, said, clock)
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(40)
    assert len(said.asked) == 1
