"""Warnings rank a standby lower and never block it: the rules by value, then what agents really send."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from serversctl.failover.reports import KEEP_SEC, KeptReports, RedisReports, read_report
from serversctl.failover.rules.choice import choose
from serversctl.failover.rules.readiness import readiness
from serversctl.failover.rules.view import Warn
from serversctl.failover.rules.warnings import Certificate, Disk, Report, pool_warnings, warnings_of
from serversctl.kernel.db import SessionFactory
from support.fleet import Fleet, make_fleet
from support.servers.redis import Redis

from .conftest import standing, view

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
GOOD = Report("f1", 7, Certificate("www.example.com", NOW + timedelta(days=60)), Disk("/", 40.0), 50.0)


def expiring(**left: float) -> Report:
    return replace(GOOD, first_to_expire=Certificate("www.example.com", NOW + timedelta(**left)))


@pytest.mark.parametrize(
    ("report", "name", "severe", "told"),
    [
        (GOOD, None, False, ""),
        (Report(), None, False, ""),
        (replace(GOOD, config_fingerprint="f2"), "configuration", False, "differs"),
        (replace(GOOD, config_fingerprint=""), None, False, ""),
        (expiring(days=14), None, False, ""),
        (expiring(days=13, hours=23), "certificate", False, "www.example.com expires in 13 days"),
        (expiring(days=7), "certificate", False, "in 7 days"),
        (expiring(days=6, hours=23), "certificate", True, "in 6 days"),
        (expiring(days=1), "certificate", True, "in 1 day."),
        (expiring(hours=5), "certificate", True, "within a day"),
        (expiring(), "certificate", True, "has expired"),
        (expiring(days=-400), "certificate", True, "has expired"),
        (replace(GOOD, agent_version=6), "agent", False, "6 is older than the active member's, 7"),
        (replace(GOOD, agent_version=0), None, False, ""),
        (replace(GOOD, fullest_disk=Disk("/var", 84.9)), None, False, ""),
        (replace(GOOD, fullest_disk=Disk("/var", 85.0)), "disk", False, "/var is 85 %"),
        (replace(GOOD, fullest_disk=Disk("/var", 94.9)), "disk", False, "94 %"),
        (replace(GOOD, fullest_disk=Disk("/var", 95.0)), "disk", True, "95 %"),
        (replace(GOOD, memory_pct=89.9), None, False, ""),
        (replace(GOOD, memory_pct=90.0), "memory", False, "90 %"),
    ],
)
def test_each_warning_begins_at_its_limit(report: Report, name: str | None, severe: bool, told: str) -> None:
    found = warnings_of(report, GOOD, latest_agent=7, now=NOW)
    assert [(warn.name, warn.severe) for warn in found] == ([(name, severe)] if name else [])
    assert all(told in warn.reason for warn in found)


def test_an_agent_as_old_as_the_active_one_is_compared_to_the_latest() -> None:
    (found,) = warnings_of(GOOD, GOOD, latest_agent=8, now=NOW)
    assert (found.name, "older than the latest, 8" in found.reason) == ("agent", True)
    assert warnings_of(GOOD, GOOD, latest_agent=0, now=NOW) == ()


def test_the_active_member_is_warned_of_too_and_the_unheard_are_left_out() -> None:
    active, standby, unheard = UUID(int=1), UUID(int=2), UUID(int=3)
    reports = {active: replace(GOOD, memory_pct=99.0), standby: replace(GOOD, config_fingerprint="f2")}
    found = pool_warnings([active, standby, unheard], active, reports, latest_agent=7, now=NOW)
    assert {member: [warn.name for warn in warned] for member, warned in found.items()} == {
        active: ["memory"],
        standby: ["configuration"],
    }
    assert pool_warnings([standby], None, reports, latest_agent=7, now=NOW) == {}
    assert pool_warnings([standby], active, {standby: reports[standby]}, latest_agent=7, now=NOW) == {}


def test_warnings_rank_and_never_block() -> None:
    mild, severe = Warn("memory", "Full."), Warn("certificate", "Expired.", severe=True)
    a, b, c = standing("a"), standing("b", warnings=(severe,), priority=1), standing("c", warnings=(mild,) * 3)
    pool = view(a, b, c)
    ready = {member.member_id: readiness(pool, member) for member in pool.members}
    assert all(found.ready for found in ready.values())
    assert choose(pool, ready) == c.member_id
    alone = view(a, b)
    assert choose(alone, ready) == b.member_id


def test_a_report_is_read_as_agents_write_it() -> None:
    body = {
        "agentVersion": 9, "haproxy": {"monitored": True, "configFingerprint": "ab" * 32},
        "host": {
            "memory": {"totalBytes": 1000, "usedBytes": 905},
            "disks": [{"mount": "/", "totalBytes": 100, "usedBytes": 30}, {"mount": "/var", "totalBytes": 100, "usedBytes": 96}],
        },
    }  # fmt: skip
    blocks = [
        {"path": "/etc/haproxy/certs/b.pem", "names": ["b.example.com"], "notAfter": "2026-09-01T00:00:00Z"},
        {"path": "/etc/haproxy/certs/a.pem", "names": [], "notAfter": "2026-06-05T00:00:00Z"},
        {"path": "/etc/haproxy/certs/c.pem", "error": "not readable as a certificate"},
    ]
    found = read_report(json.dumps(body).encode(), json.dumps(blocks).encode())
    first = Certificate("/etc/haproxy/certs/a.pem", datetime(2026, 6, 5, tzinfo=UTC))
    assert found == Report("ab" * 32, 9, first, Disk("/var", 96.0), 90.5)


@pytest.mark.parametrize(
    ("body", "block"),
    [
        ("{}", None), ("{}", "null"), ("{}", '{"omitted": "larger than 40000 bytes"}'), ("{}", "[1, null, [], {}]"),
        ("{}", '[{"notAfter": 5}, {"notAfter": "soon"}, {"notAfter": "2026-06-05"}, {"notAfter": "99999-01-01T00:00:00Z"}]'),
        ('{"haproxy": {"configFingerprint": {"a": 1}}, "host": null}', None), ('{"haproxy": null}', None),
        ('{"host": {"disks": [{"mount": "/", "totalBytes": 0, "usedBytes": 1}], "memory": {}}}', None),
        ('{"host": {"disks": null, "memory": {"totalBytes": 5, "usedBytes": null}}}', None),
        ('{"host": []}', None), ('{"agentVersion": "9"}', None), ("[]", None), ("{", None), ("{}", "[" * 60_000),
        ('{"haproxy": {"configFingerprint": ' + "[" * 60_000, None), ("\udcff{}", None),
    ],
)  # fmt: skip
def test_a_report_that_says_nothing_or_nonsense_warns_of_nothing(body: str, block: str | None) -> None:
    found = read_report(body.encode("utf-8", "surrogateescape"), block.encode() if block else None)
    assert found in (None, Report())


def test_names_from_hosts_are_short_and_printable() -> None:
    body = {"host": {"disks": [{"mount": "/a\n\x00\u202e" + "x" * 500, "totalBytes": 1, "usedBytes": 5}]}}
    found = read_report(json.dumps(body).encode(), None)
    assert found is not None
    assert found.fullest_disk == Disk("/a" + "x" * 75, 100.0)


class Counting:
    """A port that counts how often it was asked."""

    latest_agent = 7

    def __init__(self) -> None:
        self.asked: list[set[UUID]] = []

    def of(self, ids: Collection[UUID]) -> Mapping[UUID, Report]:
        self.asked.append(set(ids))
        return dict.fromkeys(ids, GOOD)


def test_answers_are_kept_for_five_seconds(clock: Any) -> None:
    source, a, b = Counting(), uuid4(), uuid4()
    kept = KeptReports(source, clock)
    for wait in (0.0, KEEP_SEC - 0.1):
        clock.pass_time(wait)
        assert kept.of([a, b]) == {a: GOOD, b: GOOD}
    assert len(source.asked) == 1
    kept.of([b])
    clock.pass_time(0.2)
    kept.of([b, a])
    assert source.asked == [{a, b}, {b}, {a, b}]


@pytest.fixture(scope="module")
def redis_server() -> Iterator[Redis]:
    with Redis.start() as server:
        yield server


@pytest.fixture
def fleet(sessions: SessionFactory, redis_server: Redis) -> Fleet:
    redis_server.flush()
    return make_fleet(sessions, redis.Redis.from_url(redis_server.url, socket_timeout=2))


def test_reports_come_out_of_the_store_as_heartbeats_brought_them(fleet: Fleet) -> None:
    one, two, silent = fleet.enrol(), fleet.enrol("lb2.example.com"), uuid4()
    fleet.beat(
        one,
        agentVersion=5,
        haproxy={"monitored": True, "active": True, "configFingerprint": "f1"},
        host={"certificates": [{"path": "/c.pem", "names": ["x.example.com"], "notAfter": "2026-06-05T00:00:00Z"}]},
    )
    fleet.beat(one, agentVersion=5, haproxy={"monitored": True, "active": True, "configFingerprint": "f2"})
    fleet.beat(two, host={"memory": {"totalBytes": 100, "usedBytes": 50}})  # fmt: skip
    found = RedisReports(fleet.redis, 7).of([one, two, silent])
    certificate = Certificate("x.example.com", datetime(2026, 6, 5, tzinfo=UTC))
    assert found == {one: Report("f2", 5, certificate), two: Report(memory_pct=50.0)}


def test_all_members_are_asked_for_in_one_trip(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [fleet.enrol(f"lb{n}.example.com") for n in range(5)]
    trips: list[int] = []
    original = redis.client.Pipeline.execute

    def counted(pipe: Any) -> Any:
        trips.append(len(pipe.command_stack))
        return original(pipe)

    monkeypatch.setattr(redis.client.Pipeline, "execute", counted)
    monkeypatch.setattr(redis.Redis, "execute_command", lambda *_a, **_k: pytest.fail("a trip of its own"))
    RedisReports(fleet.redis, 7).of(members)
    assert trips == [1 + len(members)]


def test_a_store_that_is_away_warns_of_nobody(tmp_path: Path) -> None:
    away = redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=Retry(NoBackoff(), 0))
    assert RedisReports(away, 7).of([uuid4()]) == {}
