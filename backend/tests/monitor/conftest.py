"""A monitor over a real database, with liveness, records and time in the test's hands."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from serversctl.failover.tables import FailoverEvent, FailoverIntent, MonitorLease
from serversctl.kernel.db import SessionFactory, unit_of_work
from serversctl.monitor.loop import Monitor
from sqlalchemy import update
from support.liveness import FakeLiveness
from support.records import FakeKeeper, Inline

# The house of the failover tests: one account, one pool, three members.
_spec = importlib.util.spec_from_file_location("failover_house", Path(__file__).parents[1] / "failover" / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_house = importlib.util.module_from_spec(_spec)
sys.modules["failover_house"] = _house
_spec.loader.exec_module(_house)


@dataclass
class Watch:
    """One monitor and the world that it sees. `pass_time` lets members beat while it does."""

    house: Any
    liveness: FakeLiveness
    keeper: FakeKeeper
    monitor: Monitor
    beating: set[Any]
    boot: float = 1000.0
    canary: bool = True

    def pass_time(self, seconds: float, *, tick: float = 0.5, awake: bool = True) -> None:
        """Everybody who beats is heard twice a second; database times move along with ours."""
        for _ in range(round(seconds / tick)):
            self.boot += tick
            self.liveness.at += tick
            self._age_database(tick)
            if self.canary:
                self.liveness.canary = self.liveness.at
            for member in self.beating:
                self.liveness.hear(member)
            if awake:
                self.monitor.step()

    def _age_database(self, seconds: float) -> None:
        """The database's clock cannot be moved, so what it remembers grows older instead."""
        step = timedelta(seconds=seconds)
        with unit_of_work(self.house.sessions) as session:
            for lease in session.query(MonitorLease):
                lease.expires_at -= step
            session.execute(update(FailoverEvent).values(created_at=FailoverEvent.created_at))
            for event in session.query(FailoverEvent):
                event.created_at -= step
            for intent in session.query(FailoverIntent):
                intent.created_at -= step
                intent.next_try_at -= step

    @property
    def active(self) -> Any:
        return self.house.members.index(self.house.pool().active_member_id)

    def another_monitor(self, holder: str = "two") -> Monitor:
        return Monitor(
            store=self.house.store, liveness=self.liveness, keeper=self.keeper, threads=Inline(),
            boot=lambda: self.boot, holder=holder,
        )  # fmt: skip


@pytest.fixture
def watch(sessions: SessionFactory) -> Watch:
    """A pool in good health, watched for long enough that grace is over."""
    house = _house.build(sessions)
    liveness, keeper = FakeLiveness(), FakeKeeper(house.pool_id)
    made = Watch(house, liveness, keeper, None, set(house.members))  # type: ignore[arg-type]
    made.monitor = made.another_monitor("one")
    made.pass_time(16, tick=1.0)
    return made
