"""What deserves attention over HTTP: a fleet on a real store, and trouble in every room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import redis
from serversctl.dns import credentials
from serversctl.dns.tables import PoolDns
from serversctl.failover.service.holding import hold
from serversctl.failover.tables import FailoverEvent, FailoverHalt, FailoverHold, MonitorLease
from serversctl.heartbeats.store import TRACKS
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import database_now, unit_of_work
from serversctl.kernel.sealed import Sealer
from serversctl.members.tables import Member
from serversctl.notifications.tables import Delivery, NotificationChannel
from serversctl.pools.tables import Pool
from sqlalchemy import Engine
from support.api import SECRET_KEY, Api, make_app, make_tenant, make_wiring
from support.fleet import Fleet, make_fleet
from support.servers.redis import Redis


@pytest.fixture(scope="module")
def redis_server() -> Iterator[Redis]:
    with Redis.start() as server:
        yield server


@pytest.fixture
def api(engine: Engine, redis_server: Redis, tmp_path: Path) -> Api:
    redis_server.flush()
    (tmp_path / "agent.json").write_text(json.dumps({"version": 7}))
    wiring = make_wiring(engine, SystemClock(), agent_dist=str(tmp_path))
    wiring.redis = redis.Redis.from_url(redis_server.url, socket_timeout=2)
    watched(wiring, until=timedelta(hours=1))
    return Api(make_app(wiring), wiring, mine=make_tenant(wiring, "mine"), theirs=make_tenant(wiring, "theirs"))


def watched(wiring: Any, *, until: timedelta, released: bool = False) -> None:
    """A monitor that holds its lease this long from now."""
    with unit_of_work(wiring.sessions) as session:
        expires_at = database_now(session) + until
        session.merge(MonitorLease(name="monitor", holder="m1", epoch=1, expires_at=expires_at, released=released))


@pytest.fixture
def fleet(api: Api) -> Fleet:
    return make_fleet(api.wiring.sessions, api.wiring.redis, api.mine.account_id)


def items(api: Api) -> list[Any]:
    answer = api.client_as("viewer").get("/api/attention")
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.get_json()["items"]
    return found


def kinds(api: Api) -> list[tuple[str, str]]:
    return [(item["kind"], item["severity"]) for item in items(api)]


def change(api: Api, act: Any) -> Any:
    with unit_of_work(api.wiring.sessions) as session:
        return act(session)


def add(api: Api, row: Any) -> None:
    change(api, lambda session: session.add(row))


def serve(fleet: Fleet, member_id: UUID) -> None:
    with fleet.work() as session:
        session.get_one(Pool, fleet.pool_id).active_member_id = member_id


def age(fleet: Fleet, member_id: UUID, seconds: float, **more: Any) -> None:
    """As if the member had been heard this long ago."""
    track = msgspec.msgpack.decode(fleet.redis.hget(TRACKS, str(member_id)))
    track[0] -= seconds
    for place, value in more.items():
        track[int(place[1:])] = value
    fleet.redis.hset(TRACKS, str(member_id), msgspec.msgpack.encode(track))


OK = {"agentVersion": 7, "haproxy": {"monitored": True, "active": True}}


def test_where_all_is_well_there_is_nothing(api: Api, fleet: Fleet) -> None:
    lb1, lb2 = fleet.enrol(), fleet.enrol("lb2.example.com")
    serve(fleet, lb1)
    fleet.beat(lb1, **OK)
    fleet.enrol("lb3.example.com")  # new: it was never heard
    fleet.beat(lb2, **OK)
    age(fleet, lb2, 10)  # late is not listed
    assert items(api) == []


@pytest.mark.parametrize("gone", [{"until": timedelta(seconds=-40)}, {"until": timedelta(0), "released": True}])
def test_a_pool_that_no_monitor_watches_is_the_first_thing_to_know(api: Api, fleet: Fleet, gone: Any) -> None:
    watched(api.wiring, **gone)
    assert kinds(api) == [("no_monitor", "critical")]
    watched(api.wiring, until=timedelta(seconds=-20))  # another one takes over now
    assert items(api) == []


def test_a_silent_member_is_told_with_its_time(api: Api, fleet: Fleet) -> None:
    lb1, lb2 = fleet.enrol(), fleet.enrol("lb2.example.com")
    serve(fleet, lb1)
    for member in (lb1, lb2):
        fleet.beat(member, **OK)
        age(fleet, member, 100)
    change(api, lambda session: setattr(session.get_one(Member, lb2), "maintenance", True))
    (item,) = items(api)
    assert (item["kind"], item["memberId"], item["poolName"]) == ("member_down", str(lb1), "edge")
    assert item["link"] == f"/pools/{fleet.pool_id}/members/{lb1}/control-panel"
    silent_sec = (datetime.now(UTC) - datetime.fromisoformat(item["since"])).total_seconds()
    assert 100 <= silent_sec < 160


def test_haproxy_clones_and_old_agents(api: Api, fleet: Fleet) -> None:
    lb1, lb2 = fleet.enrol(), fleet.enrol("lb2.example.com")
    serve(fleet, lb1)
    fleet.beat(lb1, agentVersion=6, haproxy={"monitored": True, "active": False})
    fleet.beat(lb2, **OK)
    age(fleet, lb2, 0, _12=fleet.liveness.now() + 60)
    assert kinds(api) == [
        ("haproxy_inactive", "critical"),
        ("clone_suspected", "critical"),
        ("agent_outdated", "warning"),
    ]


def test_a_certificate_is_read_from_the_report(api: Api, fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    serve(fleet, lb1)
    ends = (datetime.now(UTC) + timedelta(days=10, hours=1)).isoformat()
    fleet.beat(lb1, **OK, host={"certificates": [{"path": "/x.pem", "names": ["lb.example.com"], "notAfter": ends}]})
    (item,) = items(api)
    assert (item["kind"], item["severity"]) == ("certificate", "warning")
    assert item["text"] == "lb1.example.com: The certificate lb.example.com expires in 10 days."


def test_a_pool_with_members_wants_an_active_one(api: Api, fleet: Fleet) -> None:
    assert kinds(api) == []
    fleet.beat(fleet.enrol(), **OK)
    assert kinds(api) == [("no_active_member", "warning")]
    change(api, lambda session: setattr(session.get_one(Pool, fleet.pool_id), "template", "generic"))
    assert kinds(api) == []


def test_holds_and_failed_moves(api: Api, fleet: Fleet) -> None:
    account, pool = api.mine.account_id, fleet.pool_id
    change(
        api, lambda session: hold(session, pool_id=pool, account_id=account, reason="flapping", sentence="It flaps.")
    )
    (item,) = items(api)
    assert (item["kind"], item["severity"], item["text"]) == (
        "hold", "warning", "Automatic failover holds: It flaps.",
    )  # fmt: skip
    change(api, lambda session: session.query(FailoverHold).update({"escalated_at": datetime.now(UTC)}))
    event = FailoverEvent(
        account_id=account, pool_id=pool, epoch=1, kind="automatic", state="failed", reason="silent", sentences=[],
        evidence={}, ordered_by="monitor", to_member_id=pool, to_name="lb2", to_addresses={},
        created_at=datetime.now(UTC) - timedelta(hours=1),
    )  # fmt: skip
    add(api, event)
    assert kinds(api) == [("cutover_failed", "critical"), ("hold", "critical")]
    assert items(api)[0]["link"].startswith(f"/pools/{pool}/events/")


def test_names_keys_and_channels(api: Api, fleet: Fleet) -> None:
    account, now = api.mine.account_id, datetime.now(UTC)
    values = {"api_url": "https://127.0.0.1:9/", "api_key": "nobodys-key"}

    def trouble(session: Any) -> None:
        key = credentials.create(session, Sealer(SECRET_KEY), account, kind="powerdns", name="ns1", values=values)
        key.tested_at, key.test_report = now, {"ok": False, "detail": "It was refused.", "fix": "Enter it again."}
        session.add(
            PoolDns(
                account_id=account, pool_id=fleet.pool_id, credential_id=key.id, zone="example.com", label="lb",
                fqdn="lb.example.com", ttl=60, owned=[], created_at=now, updated_at=now, state="conflict",
                detail="CNAME other.example.com stands there.", preflight_colour="red", preflight_detail="No way.",
            )
        )  # fmt: skip
        channel = NotificationChannel(
            account_id=account, kind="webhook", name="pager", topics=[], config={}, sealed={}, created_at=now
        )
        session.add(channel)
        session.flush()
        session.add(
            Delivery(
                account_id=account, channel_id=channel.id, channel_kind="webhook", dedupe_id="d", kind="member.lost",
                message={}, happened_at=now, state="failed", attempts=3, last_error="It answered 500.", created_at=now,
            )
        )  # fmt: skip

    change(api, trouble)
    assert kinds(api) == [
        ("dns_conflict", "critical"), ("dns_preflight", "critical"), ("provider_key", "critical"), ("channel", "warning"),
    ]  # fmt: skip
    assert items(api)[0]["link"] == f"/pools/{fleet.pool_id}/managed-dns"
    change(api, lambda session: session.query(Delivery).update({"state": "sent", "last_error": None}))
    assert "channel" not in dict(kinds(api))


def test_a_stop_of_everything_and_a_lost_store_come_first(api: Api, fleet: Fleet) -> None:
    fleet.enrol()
    add(api, FailoverHalt(id=1, reason="restored from a backup", since=datetime.now(UTC)))
    api.wiring.redis = redis.Redis.from_url("unix:///nonexistent/redis.sock")
    assert [kind for kind, _ in kinds(api)] == ["liveness_unknown", "automation_halted", "no_active_member"]


def test_the_trouble_of_others_is_not_shown(api: Api, fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1, **OK)
    age(fleet, lb1, 100)
    assert api.other_tenant("viewer").get("/api/attention").get_json() == {"items": [], "more": False}
