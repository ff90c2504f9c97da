"""The overview of a pool: members with their numbers and strips, in one answer."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from serversctl.heartbeats import readings, rings
from support.api import Api
from support.fleet import Fleet, make_fleet

REPORT = {
    "host": {
        "osName": "Debian GNU/Linux 12",
        "uptimeSec": 4711,
        "cpu": {"usedPct": 12.34},
        "memory": {"totalBytes": 400, "usedBytes": 100},
        "disks": [{"mount": "/", "totalBytes": 100, "usedBytes": 20}, {"mount": "/var", "totalBytes": 100, "usedBytes": 91}],
        "load": [0.5, 0.4, 0.3],
    },
    "haproxy": {"monitored": True, "active": True, "version": "2.6.12", "stats": {"sessions": 118}},
}  # fmt: skip
UNKNOWN = {"metrics": None, "haproxyVersion": None, "osName": None, "uptimeSec": None, "agentOutdated": False}


@pytest.fixture
def fleet(api: Api) -> Fleet:
    return make_fleet(api.wiring.sessions, api.wiring.redis, api.mine.account_id)


def overview(api: Api, pool_id: UUID, query: str = "") -> Any:
    answer = api.client_as("viewer").get(f"/api/pools/{pool_id}/overview{query}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_member_comes_with_its_numbers(api: Api, fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, **REPORT)
    found = overview(api, fleet.pool_id)
    (member,) = found["members"]
    assert member["metrics"] == {"cpuPct": 12.3, "memoryPct": 25.0, "diskPct": 91.0, "load": 0.5, "sessions": 118}
    assert (member["haproxyVersion"], member["osName"], member["uptimeSec"]) == ("2.6.12", "Debian GNU/Linux 12", 4711)
    assert member["heartbeat"]["state"] == "fresh"
    assert found["health"] == {"members": 1, "fresh": 1, "late": 0, "down": 0, "unknown": 0}
    assert member["strip"] is None


def test_a_member_that_was_never_heard_has_none(api: Api, fleet: Fleet) -> None:
    fleet.enrol()
    (member,) = overview(api, fleet.pool_id, "?strip=5")["members"]
    assert {name: member[name] for name in UNKNOWN} == UNKNOWN
    assert member["strip"] == "....."


def test_the_strip_ends_now(api: Api, fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, **REPORT)
    now = int(fleet.liveness.now())
    for second in range(now - 30, now + 30):
        offset, lap = rings.place(rings.FINE, second)
        flags = rings.MONITORED | (0 if second % 10 == 0 else rings.ACTIVE)
        slot = lap.to_bytes(2, "little") + rings.pack(1, 1, 1, flags, load=None, sessions=None)
        fleet.redis.setrange(f"hb:1s:{lb1}", offset, slot)
    (member,) = overview(api, fleet.pool_id, "?strip=20")["members"]
    assert (len(member["strip"]), member["strip"].count("d"), member["strip"].count("o")) == (20, 2, 18)


def test_strips_have_a_longest(api: Api, fleet: Fleet) -> None:
    for wrong in ("-1", "121", "all"):
        answer = api.client_as("viewer").get(f"/api/pools/{fleet.pool_id}/overview?strip={wrong}")
        assert answer.status_code == 422


def test_an_agent_older_than_ours_is_outdated(api: Api, fleet: Fleet, tmp_path: Any) -> None:
    (tmp_path / "agent.json").write_text(json.dumps({"version": 7}))
    object.__setattr__(api.wiring.settings, "agent_dist", str(tmp_path))
    old, new = fleet.enrol("a.example.com"), fleet.enrol("b.example.com")
    fleet.beat(old, agentVersion=6)
    fleet.beat(new, agentVersion=7)
    found = overview(api, fleet.pool_id)
    assert found["agentLatestVersion"] == 7
    assert [member["agentOutdated"] for member in found["members"]] == [True, False]


def test_members_of_other_pools_stay_out(api: Api, fleet: Fleet) -> None:
    fleet.enrol()
    answer = api.other_tenant().get(f"/api/pools/{fleet.pool_id}/overview")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "sessions"),
    [
        (b'{"haproxy":{"stats":[1,2]}}', None),
        (b'{"haproxy":{"stats":{"sessions":"many"}}}', None),
        (b'{"haproxy":{"stats":null}}', None),
        (b'{"haproxy":{"stats":{"sessions":3}}}', 3),
        (b'{"haproxy":null,"host":null}', None),
        (b"not json", None),
        (b'{"host":{"cpu":"fast"}}', None),
    ],
)
def test_a_strange_report_is_read_as_far_as_it_goes(body: bytes, sessions: int | None) -> None:
    reading = readings.read(body)
    assert (reading.metrics.sessions if reading.metrics else None) == sessions


def test_a_disk_without_size_counts_for_nothing() -> None:
    reading = readings.read(b'{"host":{"disks":[{"totalBytes":0,"usedBytes":0},{"totalBytes":10,"usedBytes":4}]}}')
    assert reading.metrics is not None
    assert reading.metrics.disk_pct == 40.0
