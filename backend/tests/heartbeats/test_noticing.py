"""What heartbeats set off in other rooms, each once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from serversctl.heartbeats import service
from serversctl.kernel.ids import new_id
from serversctl.kernel.outbox import OutboxEvent
from sqlalchemy import select
from support.fleet import Fleet


def told(fleet: Fleet, kind: str) -> list[dict[str, Any]]:
    fleet.replica.write_waiting()
    with fleet.work() as session:
        events = session.scalars(select(OutboxEvent).where(OutboxEvent.kind == kind).order_by(OutboxEvent.created_at))
        return [event.payload for event in events]


def test_first_contact_is_told_once(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    other = fleet.new_replica()
    fleet.beat(lb1)
    fleet.beat(lb1)
    fleet.beat(lb1, replica=other)
    assert told(fleet, "member.first_heartbeat") == [{"hostname": "lb1.example.com"}]
    assert fleet.member(lb1).first_seen_at is not None


def test_changes_of_address_version_and_stacks_are_told_with_both_values(fleet: Fleet) -> None:
    lb1 = fleet.enrol(allowed_ips=["203.0.113.0/24"])
    fleet.beat(lb1, ip="203.0.113.10", agentVersion=1)
    fleet.beat(lb1, ip="203.0.113.11", agentVersion=2, haproxy={"monitored": True, "active": True}, mariadb={})
    assert told(fleet, "member.address_changed")[0]["after"] == "203.0.113.11"
    assert [(e["before"], e["after"]) for e in told(fleet, "member.agent_version_changed")] == [(1, 2)]
    assert [(e["before"], e["after"]) for e in told(fleet, "member.stack_changed")] == [("", "haproxy mariadb")]
    fleet.beat(lb1, ip="203.0.113.11", agentVersion=2, haproxy={"monitored": True, "active": True}, mariadb={})
    assert len(told(fleet, "member.address_changed")) == 1


def test_a_changed_source_address_is_told(fleet: Fleet) -> None:
    lb1 = fleet.enrol(allowed_ips=["203.0.113.0/24"])
    fleet.beat(lb1, source="203.0.113.10")
    fleet.beat(lb1, source="203.0.113.99")
    (event,) = told(fleet, "member.address_changed")
    assert (event["what"], event["after"]) == ("source", "203.0.113.99")


def test_a_clone_is_told_once_while_it_lasts(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    for seq in range(1, 8):
        fleet.beat(lb1, bootId="a", seq=seq)
        fleet.beat(lb1, bootId="b", seq=seq)
    assert len(told(fleet, "member.clone_suspected")) == 1


def test_lost_and_recovered_are_told_once_each(fleet: Fleet) -> None:
    lb1 = fleet.enrol()

    def do(action: Any, **how: Any) -> bool:
        with fleet.work() as session:
            return bool(action(session, lb1, **how))

    assert do(service.mark_recovered) is False
    assert [do(service.mark_lost, age_sec=31.0, why="silent") for _ in range(3)] == [True, False, False]
    with fleet.work() as session:
        assert set(service.lost_members(session, [lb1])) == {lb1}
    assert [do(service.mark_recovered) for _ in range(3)] == [True, False, False]
    assert do(service.mark_lost, age_sec=40.0) is True
    assert [event["ageSec"] for event in told(fleet, "member.lost")] == [31.0, 40.0]
    (back,) = told(fleet, "member.recovered")
    assert back["awaySec"] >= 0
    with fleet.work() as session:
        assert service.lost_members(session, []) == {}


def test_news_of_a_member_that_is_gone_is_passed_over(fleet: Fleet) -> None:
    from serversctl.heartbeats.store import Change

    with fleet.work() as session:
        service.note_changes(session, [Change(str(new_id()), "ip", "a", "b")])
        assert service.note_first_contact(session, UUID(int=5)) is False
