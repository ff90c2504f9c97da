"""The long history, and forgetting who is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from serversctl.heartbeats import history, jobs, refused, rings
from serversctl.heartbeats.tables import MemberDay
from serversctl.identity.audit import SYSTEM
from serversctl.kernel.ids import new_id
from serversctl.members import service as members
from serversctl.members.tables import Member
from sqlalchemy import select
from support.fleet import Fleet


def wiring(fleet: Fleet) -> Any:
    return SimpleNamespace(redis=fleet.redis, sessions=fleet.sessions)


def put_coarse(fleet: Fleet, member_id: UUID, at: float, cpu: float) -> None:
    offset, lap = rings.place(rings.COARSE, at)
    sample = rings.pack(cpu, None, None, 0, load=None, sessions=None)
    fleet.redis.setrange(f"hb:10s:{member_id}", offset, lap.to_bytes(2, "little") + sample)


def test_ten_seconds_of_beats_become_one_coarse_sample(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    for cpu in (10.0, 20.0, 30.0):
        fleet.beat(lb1, host={"cpu": {"usedPct": cpu}}, flush=False)
    fleet.ticker.at += 11
    fleet.beat(lb1, host={"cpu": {"usedPct": 90.0}})
    found = (
        fleet.facts.history(lb1, rings.COARSE) or fleet.facts.coarse_histories([lb1], fleet.liveness.now() + 30)[lb1]
    )
    assert [sample.cpu_pct for sample in found] == [20]


def test_history_knows_the_sessions_of_each_beat(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, host={"load": [0.5]}, haproxy={"monitored": True, "active": True, "stats": {"sessions": 118}})
    assert [sample.sessions for sample in fleet.facts.history(lb1, rings.FINE)] == [118]


def test_the_sessions_of_ten_seconds_become_their_mean(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    for sessions in (100, 200):
        fleet.beat(
            lb1, haproxy={"monitored": True, "active": True, "stats": {"sessions": sessions}}, host={}, flush=False
        )
    fleet.ticker.at += 11
    fleet.beat(lb1, host={})
    found = (
        fleet.facts.history(lb1, rings.COARSE) or fleet.facts.coarse_histories([lb1], fleet.liveness.now() + 30)[lb1]
    )
    assert [sample.sessions for sample in found] == [150]


def test_five_minutes_are_rolled_up_once_whatever_how_often_it_runs(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    now = fleet.liveness.now()
    end = int(now // 300) * 300
    for step in range(30):
        put_coarse(fleet, lb1, end - 300 + step * 10, 40)
    put_coarse(fleet, lb1, end - 310, 99)  # belongs to the five minutes before
    jobs.roll_up(wiring(fleet))
    jobs.roll_up(wiring(fleet))
    with fleet.work() as session:
        (sample,) = history.read(session, lb1, datetime.fromtimestamp(now, UTC))
        assert (sample.at, sample.cpu_pct) == (end - 300, 40)
        assert len(session.scalars(select(MemberDay)).one().slots) == rings.DAY.size_bytes


def test_days_older_than_thirty_are_dropped(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    today = datetime.now(UTC).date()
    with fleet.work() as session:
        for age in (0, 29, 31, 400):
            session.add(MemberDay(member_id=lb1, day=today - timedelta(days=age), slots=b""))
    jobs.roll_up(wiring(fleet))
    with fleet.work() as session:
        kept = session.scalars(select(MemberDay.day)).all()
    assert sorted(kept) == [today - timedelta(days=29), today]


def test_a_removed_member_leaves_nothing_in_the_store(fleet: Fleet) -> None:
    lb1, lb2 = fleet.enrol(), fleet.enrol("lb2.example.com")
    for member_id in (lb1, lb2):
        fleet.beat(member_id, host={"firewall": {"kind": "ufw"}})
    with fleet.work() as session:
        members.delete_member(session, session.get_one(Member, lb1), SYSTEM, confirm=None)
    jobs.forget_gone(wiring(fleet))
    names = [name.decode() for name in fleet.redis.keys("*")]
    assert not [name for name in names if str(lb1) in name]
    assert fleet.liveness.known() == 1
    assert set(fleet.liveness.sightings([lb1, lb2])) == {lb2}


def test_marks_of_replicas_that_are_long_gone_are_taken_down(fleet: Fleet) -> None:
    now = fleet.liveness.now()
    fleet.redis.hset("hb:replicas", mapping={"old": now - 3700, "quiet": now - 60})
    jobs.forget_gone(wiring(fleet))
    assert "old" not in fleet.liveness.replicas()
    assert "quiet" in fleet.liveness.replicas()


def test_refusals_are_kept_newest_first_and_bounded(fleet: Fleet) -> None:
    member = str(new_id())
    for number in range(50):
        note = refused.Refusal(member, "ip_not_allowed", f"{number}", "192.0.2.1")
        refused.write(fleet.redis, [(0.0, note)], store_now=100.0 + number, now=0.0)
    kept = refused.read(fleet.redis, refused.member_key(member))
    assert [note.detail for note in kept] == [str(number) for number in range(49, 29, -1)]
    assert 0 < fleet.redis.ttl(refused.member_key(member)) <= refused.KEPT_SEC


def test_a_stuck_agent_fills_no_memory_and_pushes_nobody_out() -> None:
    notes = refused.RefusalNotes()
    for number in range(1000):
        notes.take(refused.Refusal("a", "ip_not_allowed", "x"), number * 0.001)
    notes.take(refused.Refusal("b", "ip_not_allowed", "x"), 1.0)
    assert [note.member_id for _, note in notes.drain()] == ["a", "b"]
    for number in range(5000):
        notes.take(refused.Refusal(str(number), "ip_not_allowed", "x"), 5.0)
    assert len(notes.drain()) <= refused.QUEUE_MAX
