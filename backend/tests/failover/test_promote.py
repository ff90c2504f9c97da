"""The promotion transaction: one row wins, everything or nothing is written."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from serversctl.failover.ports import Converged
from serversctl.failover.service.promoting import promote
from serversctl.failover.tables import (
    FailoverEvent,
    FailoverEventEntry,
    FailoverHold,
    FailoverIntent,
    FailoverSettings,
    MonitorLease,
)
from serversctl.identity.audit import SYSTEM, Actor
from serversctl.identity.tables import AuditEntry
from serversctl.kernel.db import database_now
from serversctl.kernel.errors import Conflict
from serversctl.kernel.failpoint import armed
from serversctl.kernel.outbox import OutboxEvent
from serversctl.members.tables import Member
from sqlalchemy.orm import Session

from .conftest import House

ANN = Actor("user", None, "ann@example.com")


def test_a_promotion_writes_the_row_the_event_the_intent_the_audit_and_the_alert(house: House) -> None:
    event_id = house.promote(house.order(), house.lease())
    pool = house.pool()
    assert (pool.active_member_id, pool.epoch) == (house.members[1], 1)
    (event,) = house.all(FailoverEvent)
    assert (event.id, event.epoch, event.state, event.from_name, event.to_name) == (
        event_id,
        1,
        "switching",
        "lb1",
        "lb2",
    )
    (intent,) = house.all(FailoverIntent)
    assert (intent.state, intent.epoch, intent.addresses) == ("open", 1, {"A": ["198.51.100.2"]})
    assert [entry.kind for entry in house.all(FailoverEventEntry)] == ["decided"]
    assert [row.action for row in house.all(AuditEntry)] == ["failover.promoted"]
    assert len(house.all(OutboxEvent, kind="failover.promoted")) == 1


def test_the_second_of_two_orders_from_the_same_state_loses(house: House) -> None:
    first, second, lease = house.order(1), house.order(2), house.lease()
    assert house.promote(first, lease) is not None
    assert house.promote(second, lease) is None
    with pytest.raises(Conflict) as lost:
        house.change(lambda session: promote(session, second, by=ANN, lease=None))
    assert lost.value.code == "failover_lost_race"
    assert lost.value.extra["activeMemberId"] == str(house.members[1])
    assert len(house.all(FailoverEvent)) == 1


def test_of_a_hundred_parallel_cutovers_one_wins(house: House) -> None:
    orders = [house.order(1 + n % 2, kind="manual") for n in range(100)]
    results: list[Any] = []

    def run(part: list[Any]) -> None:
        for order in part:
            try:
                results.append(house.change(lambda session, order=order: promote(session, order, by=ANN, lease=None)))
            except Conflict as why:
                results.append(why.code)

    threads = [threading.Thread(target=run, args=(orders[n::10],)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [found for found in results if isinstance(found, FailoverEvent)]
    assert (len(won), results.count("failover_lost_race")) == (1, 99)
    assert house.pool().epoch == 1
    assert len(house.all(AuditEntry)) == len(house.all(OutboxEvent)) == 1


@pytest.mark.parametrize("point", ["failover.before_cas", "failover.after_cas", "failover.before_commit"])
def test_a_crash_inside_the_transaction_leaves_nothing(house: House, point: str) -> None:
    def crash() -> None:
        raise KeyboardInterrupt

    lease, order = house.lease(), house.order()
    with armed(point, crash), pytest.raises(KeyboardInterrupt):
        house.promote(order, lease)
    assert (house.pool().epoch, house.all(FailoverEvent), house.all(FailoverIntent), house.all(AuditEntry)) == (
        0,
        [],
        [],
        [],
    )
    assert house.promote(order, lease) is not None


def _age_events(session: Session, seconds: float) -> None:
    for event in session.query(FailoverEvent):
        event.created_at -= timedelta(seconds=seconds)


def test_the_transaction_itself_keeps_the_cooldown_and_three_per_hour(house: House) -> None:
    lease = house.lease()
    for turn in range(3):
        assert house.promote(house.order(1 + turn % 2), lease) is not None
        assert house.promote(house.order(0), lease) is None, "within the cooldown"
        house.change(lambda session: _age_events(session, 601))
    assert house.promote(house.order(0), lease) is None, "the fourth within an hour"

    def acknowledge(session: Session) -> None:
        session.get(FailoverSettings, house.pool_id).acknowledged_at = database_now(session)  # type: ignore[union-attr]

    house.change(acknowledge)
    assert house.promote(house.order(0), lease) is not None


def test_a_manual_order_skips_the_cooldown(house: House) -> None:
    assert house.promote(house.order(1), house.lease()) is not None
    house.change(lambda session: promote(session, house.order(2, kind="manual"), by=ANN, lease=None))
    assert house.pool().active_member_id == house.members[2]
    states = {event.epoch: event.state for event in house.all(FailoverEvent)}
    assert states == {1: "superseded", 2: "switching"}
    assert sorted(intent.state for intent in house.all(FailoverIntent)) == ["open", "superseded"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda session, house: setattr(session.get(FailoverSettings, house.pool_id), "auto", False),
        lambda session, house: setattr(session.get(FailoverSettings, house.pool_id), "paused", True),
        lambda session, house: setattr(session.get(Member, house.members[1]), "maintenance", True),
        lambda session, house: setattr(session.get(Member, house.members[1]), "never_promote", True),
        lambda session, house: session.delete(session.get(Member, house.members[1])),
        lambda session, house: setattr(session.get(MonitorLease, "failover"), "holder", "somebody else"),
    ],
    ids=["auto off", "paused", "maintenance", "never promote", "removed", "lease lost"],
)
def test_what_changed_since_the_decision_stops_it(house: House, spoil: Any) -> None:
    lease, order = house.lease(), house.order()
    house.change(lambda session: spoil(session, house))
    assert house.promote(order, lease) is None
    assert (house.pool().epoch, house.all(FailoverEvent)) == (0, [])


def test_no_address_means_no_promotion(house: House) -> None:
    assert house.promote(house.order(addresses={"A": ()}), house.lease()) is None
    assert house.pool().epoch == 0


def test_an_intent_is_closed_when_the_record_follows(house: House) -> None:
    house.promote(house.order(), house.lease())
    (intent,) = house.store.open_intents()
    house.store.tried(intent, Converged("failed", detail="503 from the provider"), 1.0)
    assert house.store.open_intents()[0].attempts == 1
    house.store.tried(intent, Converged("applied", {"A": ("198.51.100.2",)}), 1.0)
    assert house.store.open_intents() == []
    assert house.store.desired()[house.pool_id].addresses == {"A": ("198.51.100.2",)}
    assert house.all(FailoverEvent)[0].state == "done"
    assert [entry.kind for entry in house.all(FailoverEventEntry)] == ["decided", "dns", "dns", "done"]
    assert len(house.all(OutboxEvent, kind="failover.completed")) == 1


def test_one_intent_is_open_per_pool_and_only_in_its_epoch(house: House) -> None:
    lease, before = house.lease(), house.row()
    assert house.store.publish(before, "settings", {"A": ("198.51.100.1",)}, lease, {})
    assert not house.store.publish(before, "restore", {"A": ("198.51.100.9",)}, lease, {}), "one is open"
    house.promote(house.order(), lease)
    (intent,) = house.store.open_intents()
    assert house.store.may_write(intent, lease)
    house.store.tried(intent, Converged("in_sync"), 1.0)
    assert not house.store.may_write(intent, lease), "closed"
    assert not house.store.publish(before, "restore", {"A": ("198.51.100.1",)}, lease, {}), "an old epoch"
    assert not house.store.publish(house.row(), "address", {"A": ()}, lease, {}), "zero addresses"


def test_holds_are_told_once_and_end_with_their_cause(house: House) -> None:
    pool = house.row()
    for _ in range(3):
        house.store.hold(pool, "mass_silence", "4 of 6 are silent.", "mass:1")
    house.store.escalate(pool, "mass_silence")
    house.store.escalate(pool, "mass_silence")
    assert house.row().held
    house.store.hold(pool, "grace", "Intake is back for 2 s.", "")
    assert [row.reason for row in house.all(FailoverHold)] == ["grace"]
    house.store.stop_fighting(pool, "Somebody edits.")
    house.store.unhold(pool)
    assert [row.reason for row in house.all(FailoverHold)] == ["record_fight"]
    assert len(house.all(OutboxEvent, kind="failover.held")) == 3
    assert len(house.all(OutboxEvent, kind="failover.hold_escalated")) == 1


def test_the_picture_is_read_again_only_when_something_changed(house: House) -> None:
    first = house.store.picture(None)
    assert first is not None
    assert first.pools[house.pool_id].policy.auto
    house.promote(house.order(), house.lease())
    second = house.store.picture(first.revision)
    assert second is not None
    assert (second.pools[house.pool_id].epoch, second.fleet_recent) == (1, 1)


def test_the_actor_of_an_automatic_promotion_is_the_control_plane(house: House) -> None:
    house.promote(house.order(), house.lease())
    assert house.all(AuditEntry)[0].actor_name == SYSTEM.name
