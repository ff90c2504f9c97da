"""The decision about a pool, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest
from serversctl.failover.rules.decide import Kind, Reason, decide
from serversctl.failover.rules.view import History, Mass, Policy, Probe, ProbeKind, Vote, Weather

from .conftest import dead, standing, view

PROBED = Policy(auto=True, recovery_sec=30, probe=Probe(ProbeKind.TCP, 443))
GOOD, BAD = Vote("control plane", True, 1.0), Vote("control plane", False, 1.0, error="refused")


def outcome(*args: Any, **more: Any) -> tuple[Kind, Reason]:
    found = decide(*args, **more)
    return found.kind, found.reason


def test_a_healthy_active_stays() -> None:
    assert outcome(view(standing("a"), standing("b"))) == (Kind.STAY, Reason.HEALTHY)


def test_a_silent_active_gives_way_to_a_ready_standby() -> None:
    a, b = dead("a"), standing("b")
    found = decide(view(a, b))
    assert (found.kind, found.reason, found.to) == (Kind.PROMOTE, Reason.SILENT, b.member_id)
    assert found.evidence["members"][0]["silenceSec"] == 60.0


@pytest.mark.parametrize(("silent", "kind"), [(30.0, Kind.STAY), (30.05, Kind.STAY), (30.11, Kind.PROMOTE)])
def test_silence_must_reach_the_delay_and_the_flush(silent: float, kind: Kind) -> None:
    assert decide(view(dead("a", silent), standing("b"))).kind is kind


def test_a_member_that_is_told_to_beat_slowly_gets_three_beats() -> None:
    slow = Policy(auto=True, recovery_sec=10)
    assert decide(view(dead("a", 29.0, interval_sec=10), standing("b"), policy=slow)).kind is Kind.STAY
    assert decide(view(dead("a", 31.0, interval_sec=10), standing("b"), policy=slow)).kind is Kind.PROMOTE


def test_three_inactive_reports_move_traffic_and_two_do_not() -> None:
    for reports, kind in ((2, Kind.STAY), (3, Kind.PROMOTE)):
        a = standing("a", haproxy_active=False, inactive_reports=reports)
        assert decide(view(a, standing("b"))).kind is kind


def test_a_restart_job_explains_inactive_reports_for_half_a_minute() -> None:
    for age, kind in ((29.0, Kind.STAY), (31.0, Kind.PROMOTE)):
        a = standing("a", haproxy_active=False, inactive_reports=9, disruption_sec=age)
        assert decide(view(a, standing("b"))).kind is kind


def test_stale_inactive_reports_prove_nothing() -> None:
    a = standing("a", haproxy_active=False, inactive_reports=9, proof_age_sec=5.0)
    assert decide(view(a, standing("b"))).kind is Kind.STAY


def test_a_generic_pool_is_judged_by_heartbeats_alone() -> None:
    a, b = standing("a", haproxy_active=False, inactive_reports=9), standing("b", haproxy_active=False)
    assert decide(view(a, b, haproxy=False)).kind is Kind.STAY
    assert decide(view(dead("a"), b, haproxy=False)).kind is Kind.PROMOTE


def test_without_automation_nothing_moves() -> None:
    off = Policy(auto=False)
    assert outcome(view(dead("a"), standing("b"), policy=off)) == (Kind.STAY, Reason.AUTO_OFF)


def test_a_member_that_was_never_heard_is_not_called_dead() -> None:
    a = dead("a", ever_seen=False, heard=False)
    assert outcome(view(a, standing("b"))) == (Kind.STAY, Reason.UNKNOWN)


def test_a_pool_without_an_active_member_waits_for_a_person() -> None:
    assert outcome(view(standing("a"), standing("b"), active_id=None)) == (Kind.STAY, Reason.NO_ACTIVE)


@pytest.mark.parametrize(
    ("weather", "reason"),
    [
        (Weather(blackout="asleep"), Reason.BLACKOUT),
        (Weather(good_for_sec=11.9), Reason.GRACE),
        (Weather(lock_delay_sec=3.0), Reason.LOCK_DELAY),
        (Weather(mass=Mass(3, 6, 1.0)), Reason.MASS_SILENCE),
        (Weather(halted="restored from a backup"), Reason.HALTED),
        (Weather(fleet_recent=3), Reason.FLEET_LIMIT),
        (Weather(fleet_last_sec=0.5), Reason.FLEET_PACE),
    ],
)
def test_the_weather_holds_automation(weather: Weather, reason: Reason) -> None:
    assert outcome(view(dead("a"), standing("b")), weather) == (Kind.HOLD, reason)


def test_grace_ends_with_the_back_off_cap_and_two_seconds() -> None:
    assert decide(view(dead("a"), standing("b")), Weather(good_for_sec=12.0)).kind is Kind.PROMOTE


def test_ten_percent_of_many_pools_may_switch() -> None:
    assert decide(view(dead("a"), standing("b")), Weather(fleet_recent=9, fleet_pools=100)).kind is Kind.PROMOTE
    assert decide(view(dead("a"), standing("b")), Weather(fleet_recent=10, fleet_pools=100)).kind is Kind.HOLD


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (History(since_automatic_sec=59.0), Reason.COOLDOWN),
        (History(since_automatic_sec=90.0, automatic_last_hour=3), Reason.FLAPPING),
        (History(flapping=True), Reason.FLAPPING),
    ],
)
def test_flapping_is_bounded(history: History, reason: Reason) -> None:
    assert outcome(view(dead("a"), standing("b"), history=history)) == (Kind.HOLD, reason)


def test_a_pause_for_maintenance_holds() -> None:
    paused = Policy(auto=True, paused="new switch")
    assert outcome(view(dead("a"), standing("b"), policy=paused)) == (Kind.HOLD, Reason.PAUSED)


# --- witness -------------------------------------------------------------------------------------------------------


def test_a_silent_active_whose_service_answers_everybody_is_an_agent_lost() -> None:
    b = standing("b", seen_from_here=GOOD)
    a = dead("a", seen_from_here=GOOD, seen_by_peers={b.member_id: Vote("b", True, 1.0)})
    assert outcome(view(a, b, policy=PROBED)) == (Kind.HOLD, Reason.AGENT_LOST)


def test_one_vote_against_lets_silence_decide() -> None:
    b = standing("b", seen_from_here=GOOD)
    a = dead("a", seen_from_here=GOOD, seen_by_peers={b.member_id: Vote("b", False, 1.0)})
    assert outcome(view(a, b, policy=PROBED)) == (Kind.PROMOTE, Reason.SILENT)


def test_an_old_vote_is_no_vote() -> None:
    b = standing("b", seen_from_here=GOOD)
    a = dead("a", seen_from_here=Vote("control plane", True, 11.0))
    assert decide(view(a, b, policy=PROBED)).kind is Kind.PROMOTE


def test_votes_do_not_matter_where_no_probe_is_configured() -> None:
    a = dead("a", seen_from_here=GOOD)
    assert decide(view(a, standing("b"))).kind is Kind.PROMOTE


def test_positive_evidence_of_death_lifts_the_mass_guard() -> None:
    b, mass = standing("b", seen_from_here=GOOD), Weather(mass=Mass(4, 6, 1.0))
    a = dead("a", seen_from_here=BAD, seen_by_peers={b.member_id: Vote("b", False, 1.0)})
    assert decide(view(a, b, policy=PROBED), mass).kind is Kind.PROMOTE
    one_voice = dead("a", seen_from_here=BAD)
    assert outcome(view(one_voice, b, policy=PROBED), mass) == (Kind.HOLD, Reason.MASS_SILENCE)


def test_an_acknowledged_mass_silence_lets_the_pool_go_on() -> None:
    mass = Weather(mass=Mass(4, 6, for_sec=100.0))
    seen, seen_before = History(acknowledged_sec=50.0), History(acknowledged_sec=150.0)
    assert decide(view(dead("a"), standing("b"), history=seen), mass).kind is Kind.PROMOTE
    assert decide(view(dead("a"), standing("b"), history=seen_before), mass).kind is Kind.HOLD


# --- candidates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flaw", "gate"),
    [
        ({"heard": False}, "heartbeat"),
        ({"age_sec": 3.5}, "heartbeat"),
        ({"silence_sec": 3.5}, "heartbeat"),
        ({"run_sec": 9.9}, "unbroken"),
        ({"haproxy_active": False}, "haproxy"),
        ({"inactive_reports": 1}, "haproxy"),
        ({"addresses": {}, "address_problem": "10.0.0.9 is a private address."}, "address"),
        ({"disruption_sec": 2.0}, "jobs"),
        ({"maintenance": True}, "maintenance"),
        ({"never_promote": True}, "promotable"),
        ({"clone_suspected": True}, "single_host"),
    ],
)
def test_each_gate_keeps_a_standby_back(flaw: dict[str, Any], gate: str) -> None:
    b = standing("b", **flaw)
    found = decide(view(dead("a"), b))
    assert (found.kind, found.reason, found.to) == (Kind.NO_CANDIDATE, Reason.NO_CANDIDATE, None)
    assert found.readiness[b.member_id].failed[0].name == gate
    assert any(g.reason in sentence for g in found.readiness[b.member_id].failed for sentence in found.sentences)


def test_a_standby_whose_service_was_not_seen_from_here_is_not_ready() -> None:
    for vote in (None, BAD, Vote("control plane", True, 11.0)):
        b = standing("b", seen_from_here=vote)
        assert decide(view(dead("a"), b, policy=PROBED)).kind is Kind.NO_CANDIDATE


def test_a_pool_of_one_says_so() -> None:
    assert outcome(view(dead("a"))) == (Kind.NO_CANDIDATE, Reason.SINGLE_MEMBER)


def test_priority_decides_then_the_longest_run() -> None:
    a, b = dead("a"), standing("b", priority=20, run_sec=900.0)
    c, d = standing("c", priority=10, run_sec=50.0), standing("d", priority=10, run_sec=500.0)
    assert decide(view(a, b, c, d)).to == d.member_id


def test_manual_work_on_the_active_is_not_needed_to_fail_back() -> None:
    a, b = standing("a"), standing("b", run_sec=400.0)
    back = Policy(auto=True, failback_auto=True, preferred=b.member_id)
    found = decide(view(a, b, policy=back))
    assert (found.kind, found.reason, found.to) == (Kind.PROMOTE, Reason.FAILBACK, b.member_id)


@pytest.mark.parametrize(
    "changed",
    [
        {"history": History(since_automatic_sec=10.0)},
        {"policy": Policy(auto=True, failback_auto=True, preferred=standing("b").member_id, stable_sec=500)},
        {"policy": Policy(auto=True, failback_auto=False, preferred=standing("b").member_id)},
        {"policy": Policy(auto=False, failback_auto=True, preferred=standing("b").member_id)},
    ],
)
def test_failback_waits(changed: dict[str, Any]) -> None:
    usual = {"policy": Policy(auto=True, failback_auto=True, preferred=standing("b").member_id)}
    assert decide(view(standing("a"), standing("b", run_sec=400.0), **{**usual, **changed})).kind is Kind.STAY


# --- what if -------------------------------------------------------------------------------------------------------


def test_taking_members_as_dead_uses_the_same_decision() -> None:
    a, b, c = standing("a"), standing("b"), standing("c")
    assert decide(view(a, b, c), dead={a.member_id}).kind is Kind.PROMOTE
    assert decide(view(a, b, c), dead={a.member_id, b.member_id}).to == c.member_id
    assert decide(view(a, b, c), dead={a.member_id, b.member_id, c.member_id}).kind is Kind.NO_CANDIDATE
