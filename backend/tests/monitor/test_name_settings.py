"""What a person changes at a pool's name reaches the record in seconds: API's service → facts → intent → provider."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from serversctl.dns import credentials, service
from serversctl.dns.authority import Authority
from serversctl.dns.keeper import RecordKeeper
from serversctl.failover.keeping import DnsKeeper
from serversctl.failover.tables import FailoverIntent
from serversctl.kernel.outbound import Outbound
from serversctl.kernel.sealed import Sealer
from serversctl.kernel.settings import Settings
from support.vendors.benches import ZONE
from support.vendors.cloudflare import FakeCloudflare

if TYPE_CHECKING:
    from .conftest import Watch

NAME = f"lb.{ZONE}"


@pytest.fixture
def vendor() -> Iterator[FakeCloudflare]:
    with FakeCloudflare(zone=ZONE) as server:
        yield server
        assert server.violations == []


class Named:
    """The watched pool with a name at a stand-in of Cloudflare."""

    def __init__(self, watch: Watch, vendor: FakeCloudflare, clock: Any) -> None:
        self.watch, self.vendor, house = watch, vendor, watch.house
        sealer = Sealer("a key for tests only, 0123456789abcdef")
        settings = Settings(cloudflare_api_base=vendor.base_url, outbound_allow=(ipaddress.ip_network("127.0.0.0/8"),))
        authority = Authority(Outbound(), name_servers=lambda _zone: [])
        room = RecordKeeper(house.sessions, sealer, clock, settings, authority=authority)
        self.key_id = house.change(
            lambda session: (
                credentials.create(
                    session,
                    sealer,
                    house.account_id,
                    kind="cloudflare",
                    name="main",
                    values={"api_token": vendor.token},
                ).id
            )
        )
        watch.monitor.close()
        watch.keeper = DnsKeeper(room, house.sessions)  # type: ignore[assignment]
        watch.monitor = watch.another_monitor("two")
        watch.pass_time(16, tick=1.0)

    def save(self, label: str = "lb", ttl: int = 60) -> None:
        wish = service.Wish(self.key_id, ZONE, label, ttl, internal=True)
        house = self.watch.house
        house.change(lambda session: service.connect(session, house.account_id, house.pool_id, wish))

    def held(self, label: str = "lb") -> list[tuple[str, int]]:
        records = self.vendor.records[self.vendor.zone_id]
        return [(r["content"], r["ttl"]) for r in records if (r["name"], r["type"]) == (f"{label}.{ZONE}", "A")]


@pytest.fixture
def named(watch: Watch, vendor: FakeCloudflare, clock: Any) -> Named:
    return Named(watch, vendor, clock)


def test_a_new_ttl_and_a_new_label_are_written_within_seconds_of_each_other(named: Named) -> None:
    named.save()
    named.watch.pass_time(10)
    assert named.held() == [("198.51.100.1", 60)]
    named.save(ttl=300)
    named.watch.pass_time(12)
    assert named.held() == [("198.51.100.1", 300)]
    named.save(label="www", ttl=300)
    named.watch.pass_time(12)
    assert named.held("www") == [("198.51.100.1", 300)]
    intents = sorted(named.watch.house.all(FailoverIntent), key=lambda intent: intent.created_at)
    assert [(i.cause, i.state) for i in intents[-3:]] == [("settings", "done")] * 3


def test_saving_the_same_again_writes_nothing(named: Named) -> None:
    named.save()
    named.watch.pass_time(10)
    before = len(named.watch.house.all(FailoverIntent))
    named.save()
    named.watch.pass_time(12)
    assert len(named.watch.house.all(FailoverIntent)) == before


def test_facts_from_before_our_own_write_order_nothing_twice(watch: Watch) -> None:
    pool_id = watch.house.pool_id
    known = watch.keeper.known[pool_id]
    watch.keeper.known[pool_id] = replace(known, published=False)
    while len(watch.keeper.urgent) < 2:
        watch.pass_time(0.5)
    watch.pass_time(4)
    assert len(watch.keeper.urgent) == 2
