"""What intake knows of members, and how soon it stops believing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from serversctl.heartbeats import service
from serversctl.heartbeats.replica import WATCH_SEC
from serversctl.identity.audit import SYSTEM
from serversctl.kernel.errors import DomainError
from serversctl.kernel.sealed import Sealer
from serversctl.members import service as members
from serversctl.members.tables import DirectoryRevision, Member
from serversctl.pools.tables import Pool
from support.fleet import SECRET_KEY, Fleet

REVOCATION_BOUND_SEC = 2.0


def code_of(fleet: Fleet, member_id: object, **how: object) -> str:
    try:
        fleet.beat(member_id, **how)  # type: ignore[arg-type]
    except DomainError as why:
        return why.code
    return "ok"


def test_a_removed_member_is_refused_within_the_bound_that_we_state(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    replica = fleet.replica
    replica.start()
    try:
        assert code_of(fleet, lb1) == "ok"
        secret = fleet.secrets[lb1]
        with fleet.work() as session:
            members.delete_member(session, session.get_one(Member, lb1), SYSTEM, confirm=None)
        removed = time.monotonic()
        while str(lb1) in replica.intake.directory.by_id:
            assert time.monotonic() - removed < REVOCATION_BOUND_SEC
            time.sleep(0.02)
        with pytest.raises(DomainError) as caught:
            service.accept(replica.intake, f"Bearer {secret}", "203.0.113.10", b'{"hostname":"lb1.example.com"}')
        assert caught.value.code == "credential_unknown"
    finally:
        replica.stop()
    assert WATCH_SEC < REVOCATION_BOUND_SEC


def test_nothing_is_loaded_while_the_revision_stands_still(fleet: Fleet) -> None:
    fleet.enrol()
    before = fleet.replica.intake.directory
    assert fleet.replica.refresh() is False
    assert fleet.replica.intake.directory is before


@pytest.mark.parametrize(
    "change", [{"hostname": "new.example.com"}, {"allowed_ips": ["198.51.100.1"]}]
)  # fmt: skip
def test_a_changed_member_is_believed_as_changed(fleet: Fleet, change: dict[str, object]) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1)
    with fleet.work() as session:
        members.update_member(session, session.get_one(Member, lb1), SYSTEM, dict(change))
    assert fleet.replica.refresh()
    assert code_of(fleet, lb1, hostname="lb1.example.com") in {"hostname_mismatch", "ip_not_allowed"}


def test_what_is_known_of_the_moment_survives_a_load(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1)
    fleet.enrol("lb2.example.com")
    assert "memberId" not in fleet.beat(lb1)


def test_generation_and_probes_reach_the_member(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    probe = service.Probe(
        "p1", "http", "203.0.113.11", 80, path="/health", host_header="www.example.com", timeout_ms=900
    )
    with fleet.work() as session:
        service.set_probes(session, fleet.pool_id, {lb1: [probe]})
        session.get_one(DirectoryRevision, 1).generation = 4
    fleet.replica.refresh()
    answer = fleet.beat(lb1)
    assert answer["generation"] == 4
    assert answer["probes"] == [
        {"id": "p1", "kind": "http", "host": "203.0.113.11", "port": 80, "path": "/health",
         "hostHeader": "www.example.com", "timeoutMs": 900}
    ]  # fmt: skip


def test_the_same_probes_again_move_nothing(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    probe = service.Probe("p1", "tcp", "203.0.113.11", 80)
    for _ in range(2):
        with fleet.work() as session:
            service.set_probes(session, fleet.pool_id, {lb1: [probe]})
            service.set_pace(session, fleet.pool_id, recovery_sec=10)
    fleet.replica.refresh()
    with fleet.work() as session:
        service.set_probes(session, fleet.pool_id, {lb1: [probe]})
        service.set_pace(session, fleet.pool_id, recovery_sec=10)
    assert fleet.replica.refresh() is False
    with fleet.work() as session:
        service.set_probes(session, fleet.pool_id, {})
    assert fleet.replica.refresh() is True
    assert fleet.beat(lb1)["probes"] == []


def test_the_back_off_cap_follows_the_pools_failover_delay(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    with fleet.work() as session:
        service.set_pace(session, fleet.pool_id, recovery_sec=10, interval_sec=2)
    fleet.replica.refresh()
    answer = fleet.beat(lb1)
    assert (answer["backoffCapSec"], answer["heartbeatIntervalSec"]) == (3, 2)


def test_the_active_member_keeps_its_pace_under_overload(fleet: Fleet) -> None:
    active, standby = fleet.enrol(), fleet.enrol("lb2.example.com")
    with fleet.work() as session:
        session.get_one(Pool, fleet.pool_id).active_member_id = active
        members.touch_directory(session)
    fleet.replica.refresh()
    fleet.replica.coalescer.level = 2
    assert fleet.beat(active)["heartbeatIntervalSec"] == 1
    assert fleet.beat(standby)["heartbeatIntervalSec"] == 4


def test_a_rotated_secret_serves_beside_the_old_one_until_it_is_used(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    old = fleet.secrets[lb1]
    sealer = Sealer(SECRET_KEY)
    with fleet.work() as session:
        new = members.rotate_secret(session, session.get_one(Member, lb1), SYSTEM, sealer).secret
    fleet.replica.refresh()
    assert code_of(fleet, lb1, secret=old) == "ok"
    with fleet.work() as session:
        assert members.pending_secret(session, session.get_one(Member, lb1), sealer) == new
    assert code_of(fleet, lb1, secret=new) == "ok"
    with fleet.work() as session:
        member = session.get_one(Member, lb1)
        assert members.pending_secret(session, member, sealer) is None
        grace = member.next_secret_until
    assert grace is not None
    assert timedelta(0) < grace - datetime.now(UTC) <= timedelta(minutes=10)
    fleet.replica.refresh()
    assert code_of(fleet, lb1, secret=new) == "ok"
    assert code_of(fleet, lb1, secret=old) == "ok"  # within the grace
    with fleet.work() as session:
        session.get_one(Member, lb1).next_secret_until = datetime.now(UTC) - timedelta(seconds=1)
        members.touch_directory(session)
    fleet.replica.refresh()
    assert code_of(fleet, lb1, secret=old) == "credential_unknown"
    assert code_of(fleet, lb1, secret=new) == "ok"


def test_a_grace_that_runs_out_needs_no_new_load(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    old = fleet.secrets[lb1]
    with fleet.work() as session:
        new = members.rotate_secret(session, session.get_one(Member, lb1), SYSTEM, Sealer(SECRET_KEY)).secret
    fleet.replica.refresh()
    fleet.beat(lb1, secret=new)
    fleet.replica.refresh()
    for key in fleet.replica.intake.directory.keys.values():
        if key.until is not None:
            key.until = time.time() - 1
    assert code_of(fleet, lb1, secret=old) == "credential_unknown"
    assert code_of(fleet, lb1, secret=new) == "ok"
