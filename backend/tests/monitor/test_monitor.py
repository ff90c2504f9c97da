"""The monitor over a real database: it promotes, drives the record, holds, and gives way to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serversctl.failover.ports import Converged
from serversctl.failover.service import acknowledge
from serversctl.failover.tables import FailoverEvent, FailoverHold, FailoverIntent, FailoverSettings
from serversctl.identity.audit import SYSTEM
from serversctl.identity.editions import gates
from serversctl.identity.tables import Account, AuditEntry
from serversctl.kernel.failpoint import armed
from serversctl.kernel.outbox import OutboxEvent
from serversctl.kernel.settings import Settings
from serversctl.members.service import touch_directory
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from .conftest import Watch


def test_a_dead_active_is_replaced_and_the_record_follows(watch: Watch) -> None:
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(29.5)
    assert watch.active == 0, "not before the delay"
    watch.pass_time(2)
    assert watch.active in {1, 2}
    (event,) = watch.house.all(FailoverEvent)
    assert (event.kind, event.reason, event.state) == ("automatic", "silent", "done")
    assert watch.keeper.records[watch.house.pool_id] == {"A": (f"198.51.100.{watch.active + 1}",)}
    assert len(watch.house.all(AuditEntry)) == 1
    gap = next(m for m in event.evidence["members"] if m["name"] == "lb1")["silenceSec"]
    assert 30 <= gap <= 31


def test_the_first_record_is_written_when_dns_is_connected(watch: Watch) -> None:
    assert watch.keeper.records[watch.house.pool_id] == {"A": ("198.51.100.1",)}
    assert watch.house.all(FailoverIntent)[0].cause == "settings"


def test_a_pause_of_the_monitor_promotes_nobody(watch: Watch) -> None:
    watch.beating.clear()
    watch.pass_time(60, tick=5.0, awake=False)
    watch.pass_time(1)
    watch.beating.update(watch.house.members)
    watch.pass_time(60)
    assert watch.house.all(FailoverEvent) == []


def test_silence_does_not_count_while_the_canary_does_not_sing(watch: Watch) -> None:
    watch.canary = False
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(60)
    assert watch.house.all(FailoverEvent) == []
    watch.canary = True
    watch.pass_time(29)
    assert watch.house.all(FailoverEvent) == [], "the delay begins anew"
    watch.pass_time(4)
    assert len(watch.house.all(FailoverEvent)) == 1


def test_a_clean_handover_needs_no_wait_and_an_unclean_one_does(watch: Watch) -> None:
    other = watch.another_monitor()
    watch.monitor.close()
    other.step()
    assert other.tenure.lease is not None
    assert other.tenure.lock_delay(watch.boot) == 0
    third = watch.another_monitor("three")
    watch.pass_time(9, tick=1.0, awake=False)
    third.step()
    assert third.tenure.lease is not None
    assert third.tenure.lock_delay(watch.boot) == 15.0


def test_of_two_monitors_one_acts(watch: Watch) -> None:
    other = watch.another_monitor()
    watch.beating.discard(watch.house.members[0])
    for _ in range(80):
        watch.pass_time(0.5)
        other.step()
    assert other.tenure.lease is None
    assert len(watch.house.all(FailoverEvent)) == 1


def test_an_open_intent_is_carried_on_by_the_next_holder(watch: Watch) -> None:
    watch.keeper.fail = Converged("failed", detail="503")
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(32)
    assert watch.house.all(FailoverEvent)[0].state == "switching"
    watch.keeper.fail = None
    other = watch.another_monitor()
    watch.pass_time(9, awake=False)
    for _ in range(40):
        watch.pass_time(0.5, awake=False)
        other.step()
    assert watch.house.all(FailoverEvent)[0].state == "done"
    assert watch.keeper.records[watch.house.pool_id] == {"A": (f"198.51.100.{watch.active + 1}",)}


def test_a_write_is_given_up_when_the_lease_is_lost_right_before_it(watch: Watch) -> None:
    before = dict(watch.keeper.records)
    watch.beating.discard(watch.house.members[0])

    def lose() -> None:
        watch.boot += 8.0

    with armed("failover.fence", lose):
        watch.pass_time(31)
    assert watch.keeper.records == before


def test_a_slow_provider_is_told_once(watch: Watch) -> None:
    watch.keeper.fail = Converged("failed", detail="503 Service Unavailable")
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(60)
    (slow,) = watch.house.all(OutboxEvent, kind="failover.record_slow")
    assert "198.51.100" in slow.payload["manualStep"]


def test_a_hand_edit_is_put_back_after_a_minute_three_times_and_then_left(watch: Watch) -> None:
    for turn in range(4):
        watch.keeper.records[watch.house.pool_id] = {"A": ("192.0.2.99",)}
        watch.pass_time(59, tick=1.0)
        watch.pass_time(70, tick=1.0)
        restored = watch.keeper.records[watch.house.pool_id] == {"A": ("198.51.100.1",)}
        assert restored is (turn < 3), turn
    assert [hold.reason for hold in watch.house.all(FailoverHold)] == ["record_fight"]
    events = watch.house.all(OutboxEvent, kind="failover.record_restored")
    assert len(events) == 3
    assert events[0].payload["found"] == {"A": ["192.0.2.99"]}


def test_after_a_person_has_looked_the_record_is_put_back_again(watch: Watch) -> None:
    def edit_and_wait() -> None:
        watch.keeper.records[watch.house.pool_id] = {"A": ("192.0.2.99",)}
        watch.pass_time(129, tick=1.0)

    def look(session: Session) -> None:
        account = session.get_one(Account, watch.house.account_id)
        pool = session.get_one(Pool, watch.house.pool_id)
        acknowledge(session, pool, gates=gates(account, Settings(), pool.created_at), by=SYSTEM)

    for _ in range(4):
        edit_and_wait()
    watch.house.change(look)
    edit_and_wait()
    assert watch.keeper.records[watch.house.pool_id] == {"A": ("198.51.100.1",)}
    (held,) = watch.house.all(OutboxEvent, kind="failover.held")
    assert held.payload["reason"] == "record_fight"
    assert watch.house.all(OutboxEvent, kind="failover.record_blocked") == []


def test_a_restore_leaves_the_reserve_of_requests_and_what_the_pool_wants_may_use_it(watch: Watch) -> None:
    assert watch.keeper.urgent == [True], "the first record"
    watch.keeper.records[watch.house.pool_id] = {"A": ("192.0.2.99",)}
    watch.pass_time(129, tick=1.0)
    assert watch.keeper.urgent == [True, False], "a hand edit is put back"
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(32)
    assert watch.keeper.urgent == [True, False, True], "a promotion"


def test_an_operators_new_address_for_the_active_member_reaches_the_record(watch: Watch) -> None:
    def readdress(session: object) -> None:
        member = session.get(Member, watch.house.members[0])  # type: ignore[attr-defined]
        member.public_ips = ["198.51.100.77"]
        touch_directory(session)  # type: ignore[arg-type]

    watch.house.change(readdress)
    watch.pass_time(75, tick=1.0)
    assert watch.keeper.records[watch.house.pool_id] == {"A": ("198.51.100.77",)}
    assert watch.keeper.urgent == [True, True]
    assert watch.house.pool().epoch == 0


def test_no_candidate_is_a_hold_that_escalates_and_ends(watch: Watch) -> None:
    watch.beating.clear()
    watch.beating.add(watch.house.members[2])

    def forbid(session: object) -> None:
        session.get(Member, watch.house.members[2]).never_promote = True  # type: ignore[attr-defined]
        touch_directory(session)  # type: ignore[arg-type]

    watch.house.change(forbid)
    watch.pass_time(100, tick=1.0)
    (hold,) = watch.house.all(FailoverHold)
    assert hold.reason == "no_candidate"
    assert "never take over" in hold.sentence
    assert hold.escalated_at is not None
    watch.beating.add(watch.house.members[0])
    watch.pass_time(15)
    assert watch.house.all(FailoverHold) == []


def test_without_automation_the_record_is_left_alone(watch: Watch) -> None:
    def off(session: object) -> None:
        session.get(FailoverSettings, watch.house.pool_id).auto = False  # type: ignore[attr-defined]
        session.get(FailoverSettings, watch.house.pool_id).revision += 1  # type: ignore[attr-defined]

    watch.house.change(off)
    watch.beating.discard(watch.house.members[0])
    watch.pass_time(60, tick=1.0)
    assert watch.active == 0
