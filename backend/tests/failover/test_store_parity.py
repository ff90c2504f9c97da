"""The simulation's store keeps the promises of the database's: the same steps give the same answers on both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from serversctl.failover.ports import Converged, FenceLost, LeaseHeld
from serversctl.failover.rules.guards import ALL
from serversctl.failover.tables import FailoverEvent, MonitorLease
from simulation.sim_store import MemStore

from .conftest import House


class Two:
    """One of the two stores, with a clock that tests move."""

    def __init__(self, house: House, kind: str) -> None:
        self.house, self.seconds = house, 0.0
        self.store: Any = (
            house.store
            if kind == "sql"
            else MemStore(now=lambda: self.seconds, pools={house.pool_id: house.row()}, guards=ALL)
        )

    def later(self, seconds: float) -> None:
        self.seconds += seconds

        def age(session: Any) -> None:
            for lease in session.query(MonitorLease):
                lease.expires_at -= timedelta(seconds=seconds)
            for event in session.query(FailoverEvent):
                event.created_at -= timedelta(seconds=seconds)

        self.house.change(age)

    def row(self) -> Any:
        picture = self.store.picture(None)
        return picture.pools[self.house.pool_id]

    def lease(self, holder: str = "one", ttl: float = 8.0) -> LeaseHeld | None:
        found: LeaseHeld | None = self.store.acquire("failover", holder, ttl)
        return found

    def promote(self, to: int, lease: LeaseHeld, fence: Callable[[], None] = lambda: None, **changed: Any) -> bool:
        row = self.row()
        order = self.house.order(to, expected_active=row.active_id, expected_epoch=row.epoch, **changed)
        return self.store.promote(order, lease, fence) is not None


@pytest.fixture(params=["sql", "memory"])
def two(house: House, request: pytest.FixtureRequest) -> Two:
    return Two(house, request.param)


def test_leases_are_exclusive_run_out_and_say_whether_they_were_given_up(two: Two) -> None:
    first = two.lease("one")
    assert first is not None
    assert (first.epoch, first.clean) == (1, True)
    assert two.lease("two") is None
    two.later(7)
    assert two.store.renew(first, 8.0, {})
    two.later(9)
    second = two.lease("two")
    assert second is not None
    assert (second.epoch, second.clean) == (2, False)
    assert not two.store.renew(first, 8.0, {})
    assert not two.store.holds_lease(first)
    two.store.release(second)
    third = two.lease("one")
    assert third is not None
    assert (third.epoch, third.clean) == (3, True)


def test_a_promotion_needs_the_state_that_was_seen_the_lease_the_fence_and_rest(two: Two) -> None:
    lease = two.lease(ttl=10_000)
    assert lease is not None

    def too_late() -> None:
        raise FenceLost

    assert not two.promote(1, lease, too_late), "the fence"
    stale = two.house.order(2, expected_epoch=two.row().epoch, expected_active=two.row().active_id)
    assert two.promote(1, lease)
    assert two.store.promote(stale, lease, lambda: None) is None, "the state that was seen"
    assert not two.promote(0, lease), "the cooldown"
    two.later(61)
    assert not two.promote(0, lease, addresses={"A": ()}), "an address"
    stranger = LeaseHeld("failover", "somebody", 1, clean=True)
    assert not two.promote(0, stranger), "the lease"
    assert two.row().epoch == 1
    assert two.row().automatic_last_hour == 1


def test_three_automatic_promotions_an_hour(two: Two) -> None:
    lease = two.lease(ttl=100_000)
    assert lease is not None
    for turn in (1, 2, 1):
        assert two.promote(turn, lease)
        two.later(610)
    assert not two.promote(0, lease)


def test_one_intent_is_open_per_pool_in_its_epoch(two: Two) -> None:
    lease = two.lease(ttl=10_000)
    assert lease is not None
    assert two.promote(1, lease)
    (intent,) = two.store.open_intents()
    row = two.row()
    assert not two.store.publish(row, "restore", {"A": ("198.51.100.2",)}, lease, {}), "one is open"
    assert two.store.may_write(intent, lease)
    two.store.tried(intent, Converged("failed"), 0.0)
    assert two.store.may_write(intent, lease)
    two.store.tried(intent, Converged("applied"), 0.0)
    assert not two.store.may_write(intent, lease)
    assert two.store.desired()[two.house.pool_id].addresses == intent.addresses
    assert two.store.publish(row, "restore", {"A": ("198.51.100.2",)}, lease, {})
    assert two.store.restores_last_hour(two.house.pool_id) == 1
    assert not two.store.publish(row, "address", {}, lease, {}), "zero addresses"


def test_holds_come_and_go_and_a_fight_stays(two: Two) -> None:
    row = two.row()
    two.store.hold(row, "grace", "Wait.", "")
    assert two.row().held
    two.store.unhold(row)
    assert not two.row().held
    two.store.stop_fighting(row, "Somebody edits.")
    two.store.unhold(row)
    assert two.row().fighting
