"""The flush script on a real Redis: time, order, runs, doubles."""

from __future__ import annotations

import time

import pytest
import redis
from serversctl.heartbeats.ports import Liveness
from serversctl.kernel.errors import Unavailable
from serversctl.kernel.ids import new_id
from support.fleet import Fleet
from support.servers.redis import Redis


def test_a_heartbeat_is_seen_on_the_stores_own_clock(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, ip="203.0.113.10", agentVersion=3, haproxy={"monitored": True, "active": True})
    liveness: Liveness = fleet.liveness
    seen = liveness.sightings([lb1, new_id()])
    assert set(seen) == {lb1}
    found = seen[lb1]
    assert abs(found.seen_at - liveness.now()) < 1.0
    assert (found.seq, found.boot_id, found.agent_version, found.ip) == (1, "boot-1", 3, "203.0.113.10")
    assert (found.source, found.haproxy_monitored, found.haproxy_active) == ("203.0.113.10", True, True)
    assert liveness.known() == 1
    assert liveness.heard_since(found.seen_at) == 1
    assert liveness.heard_since(found.seen_at + 0.01) == 0


def test_the_time_between_receipt_and_flush_is_taken_off(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, flush=False)
    fleet.ticker.at += 4.0
    fleet.replica.coalescer.flush()
    age = fleet.liveness.now() - fleet.liveness.sightings([lb1])[lb1].seen_at
    assert 4.0 <= age < 5.0


def test_the_silent_are_listed_oldest_first(fleet: Fleet) -> None:
    ids = [fleet.enrol(f"lb{n}.example.com") for n in range(3)]
    for member_id in ids:
        fleet.beat(member_id, flush=False)
        fleet.ticker.at += 5.0
    fleet.replica.coalescer.flush()
    now = fleet.liveness.now()
    assert [member for member, _ in fleet.liveness.silent(now - 7)] == ids[:2]
    assert [member for member, _ in fleet.liveness.silent(now, limit=1)] == ids[:1]


def test_a_run_lasts_while_no_gap_is_over_three_seconds(fleet: Fleet) -> None:
    steady, broken = fleet.enrol(), fleet.enrol("lb2.example.com")
    fleet.beat(broken, flush=False)
    fleet.ticker.at += 0.2
    fleet.beat(steady, flush=False)
    fleet.ticker.at += 2.9
    fleet.beat(steady, flush=False)
    fleet.beat(broken, flush=False)
    fleet.replica.coalescer.flush()
    seen = fleet.liveness.sightings([steady, broken])
    assert 2.8 < seen[steady].seen_at - seen[steady].run_since < 3.0
    assert seen[broken].run_since == seen[broken].seen_at


def test_a_lower_or_equal_sequence_of_the_same_boot_changes_nothing(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, seq=50)
    before = fleet.liveness.sightings([lb1])
    fleet.beat(lb1, seq=50, ip="192.0.2.66")
    fleet.beat(lb1, seq=49, ip="192.0.2.66")
    assert fleet.liveness.sightings([lb1]) == before
    assert fleet.replica.coalescer.dropped == 2
    fleet.beat(lb1, seq=51)
    assert fleet.liveness.sightings([lb1])[lb1].seq == 51


def test_a_replay_from_before_the_restart_changes_nothing(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, bootId="old", seq=900)
    fleet.beat(lb1, bootId="new", seq=1)
    before = fleet.liveness.sightings([lb1])
    fleet.beat(lb1, bootId="old", seq=899)
    assert fleet.liveness.sightings([lb1]) == before


def test_an_agent_that_counts_nothing_is_still_heard(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    for _ in range(2):
        fleet.beat(lb1, seq=0, bootId="", flush=False)
        fleet.ticker.at += 1
    fleet.replica.coalescer.flush()
    assert fleet.liveness.sightings([lb1])[lb1].seen_at > fleet.liveness.sightings([lb1])[lb1].run_since


def test_an_echo_proves_no_later_time_than_its_nonce_was_made(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    echo = fleet.beat(lb1)["nonce"]
    issued = fleet.liveness.sightings([lb1])[lb1].seen_at
    fleet.ticker.at += 20
    fleet.replica.coalescer._offset -= 20  # the store's clock did not move with the ticker
    fleet.beat(lb1, echo=echo)
    found = fleet.liveness.sightings([lb1])[lb1]
    assert abs(found.proven_at - issued) < 1.0
    assert found.proven_at <= found.seen_at


def test_a_buffered_report_proves_its_old_time_and_the_proof_never_goes_back(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    now = fleet.liveness.now()
    old, new = (fleet.replica.intake.nonces.issue(now - ago) for ago in (60, 1))
    fleet.beat(lb1, echo=old)
    assert abs(fleet.liveness.sightings([lb1])[lb1].proven_at - (now - 60)) < 0.01
    fleet.beat(lb1, echo=new)
    fleet.beat(lb1, echo=old)
    assert abs(fleet.liveness.sightings([lb1])[lb1].proven_at - (now - 1)) < 0.01


def test_a_report_that_was_long_on_its_way_does_not_carry_a_run_on(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    issue, now = fleet.replica.intake.nonces.issue, fleet.liveness.now()
    fleet.beat(lb1, echo=issue(now - 1))
    began = fleet.liveness.sightings([lb1])[lb1].run_since
    fleet.beat(lb1, echo=issue(now - 1))
    assert fleet.liveness.sightings([lb1])[lb1].run_since == began
    fleet.beat(other := fleet.enrol("lb2.example.com"), echo=issue(now - 60))
    fleet.beat(other, echo=issue(now - 59))
    late = fleet.liveness.sightings([other])[other]
    assert late.run_since == late.seen_at


def test_an_echo_that_we_did_not_make_proves_nothing(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, echo="18b.AAAAAAAAAAAAAAAAAAAA")
    assert fleet.liveness.sightings([lb1])[lb1].proven_at == 0


def test_a_nonce_from_the_future_proves_the_receipt_and_no_more(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, echo=fleet.replica.intake.nonces.issue(fleet.liveness.now() + 3600))
    found = fleet.liveness.sightings([lb1])[lb1]
    assert found.proven_at == found.seen_at


def test_without_an_echo_receipt_counts(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, sentAt="2031-01-01T00:00:00Z")  # the member's clock is never used
    found = fleet.liveness.sightings([lb1])[lb1]
    assert found.proven_at == found.seen_at


def test_inactive_reports_are_counted_while_they_follow_each_other(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    counts = []
    for active in (False, False, True, False, False, False):
        fleet.beat(lb1, haproxy={"monitored": True, "active": active})
        counts.append(fleet.liveness.sightings([lb1])[lb1].inactive_reports)
    assert counts == [1, 2, 0, 1, 2, 3]
    fleet.beat(lb1, haproxy={"monitored": False, "active": False})
    assert fleet.liveness.sightings([lb1])[lb1].inactive_reports == 0


def test_inactive_reports_on_both_sides_of_a_gap_do_not_follow_each_other(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    for _ in range(2):
        fleet.beat(lb1, haproxy={"monitored": True, "active": False}, flush=False)
        fleet.ticker.at += 60
    fleet.replica.coalescer.flush()
    assert fleet.liveness.sightings([lb1])[lb1].inactive_reports == 1


def test_two_hosts_with_one_secret_are_found_out_even_across_replicas(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    other = fleet.new_replica()
    for seq in range(1, 4):
        fleet.beat(lb1, bootId="host-a", seq=seq)
        fleet.beat(lb1, bootId="host-b", seq=seq, replica=other)
    assert fleet.liveness.sightings([lb1])[lb1].clone_suspected


def test_a_restart_or_two_is_no_clone(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    for boot in ("one", "two", "three", "four"):
        fleet.beat(lb1, bootId=boot, seq=1)
        fleet.beat(lb1, bootId=boot, seq=2)
    assert not fleet.liveness.sightings([lb1])[lb1].clone_suspected


def test_probe_results_carry_the_time_of_the_try(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, probeResults=[
        {"id": "p1", "ok": True, "millis": 4.5, "ageSec": 2.0}, {"id": "p2", "ok": False, "error": "refused", "ageSec": 1},
    ])  # fmt: skip
    found = fleet.liveness.sightings([lb1])[lb1]
    one, two = found.probe_results
    assert (one.probe_id, one.ok, one.millis, one.error) == ("p1", True, 4.5, None)
    assert (two.ok, two.millis, two.error) == (False, None, "refused")
    assert abs(found.seen_at - one.at - 2.0) < 0.001
    fleet.beat(lb1)
    assert fleet.liveness.sightings([lb1])[lb1].probe_results == found.probe_results


def test_the_canary_and_the_replica_leave_their_marks(fleet: Fleet) -> None:
    assert fleet.liveness.canary_at() == 0.0
    fleet.replica.coalescer.canary(fleet.ticker.at)
    fleet.ticker.at += 2.0
    fleet.replica.coalescer.flush()
    now = fleet.liveness.now()
    assert 2.0 <= now - fleet.liveness.canary_at() < 3.0
    assert 0 <= now - fleet.liveness.replicas()[fleet.replica.name] < 1.0
    fleet.replica.coalescer.stop()
    assert fleet.replica.name not in fleet.liveness.replicas()


def test_a_store_that_is_away_is_unknown_and_never_silence(fleet: Fleet, redis_server: Redis) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1)
    redis_server.kill()
    try:
        for ask in (fleet.liveness.now, fleet.liveness.known, fleet.liveness.canary_at, fleet.liveness.replicas):
            with pytest.raises(Unavailable):
                ask()
        with pytest.raises(Unavailable):
            fleet.liveness.sightings([lb1])
        with pytest.raises(Unavailable):
            fleet.liveness.silent(1e12)
    finally:
        redis_server.restart()


def test_heartbeats_are_answered_while_the_store_is_away_and_refill_it(fleet: Fleet, redis_server: Redis) -> None:
    lb1, lb2 = fleet.enrol(), fleet.enrol("lb2.example.com")
    fleet.beat(lb1)
    fleet.beat(lb2)
    redis_server.kill()
    try:
        for _ in range(3):
            assert fleet.beat(lb1)["heartbeatIntervalSec"] == 1
            fleet.ticker.at += 1
        assert fleet.replica.coalescer.flush() is None
    finally:
        redis_server.restart()
    assert fleet.liveness.known() == 0
    done = fleet.replica.coalescer.flush()
    assert done is not None
    found = fleet.liveness.sightings([lb1, lb2])
    assert set(found) == {lb1}  # what waited is one beat of each, with its true age
    assert 1.0 <= done.now - found[lb1].seen_at < 2.0


def test_what_waits_for_the_store_is_bounded(fleet: Fleet, redis_server: Redis) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1)
    redis_server.kill()
    try:
        for _ in range(50):
            fleet.ticker.at += 1
            fleet.beat(lb1)
            assert len(fleet.replica.coalescer._beats) <= 1
    finally:
        redis_server.restart()


def test_a_thousand_beats_in_one_flush_arrive(fleet: Fleet, store: redis.Redis) -> None:
    from serversctl.heartbeats.store import FlushScript, StoredBeat

    ids = [new_id() for _ in range(3000)]
    beats = [
        StoredBeat((str(i), 0.0, "b", 1, None, 1, None, "192.0.2.1", False, False, 1, "", [], None), b"\0" * 8, b"\0" * 8, b"{}")
        for i in ids
    ]  # fmt: skip
    began = time.monotonic()
    FlushScript(store, "r").run(beats, None)
    assert time.monotonic() - began < 2
    assert len(fleet.liveness.sightings(ids)) == 3000
