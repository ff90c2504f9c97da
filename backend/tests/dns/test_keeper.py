"""The keeper: what it stores, whom it tells, when it stops, and how it shares a provider's patience."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from serversctl.dns import budget, credentials, service
from serversctl.dns.authority import Authority
from serversctl.dns.budget import Bucket, refill, take
from serversctl.dns.jobs import preflight_all
from serversctl.dns.keeper import RecordKeeper
from serversctl.dns.ports import Allowance, RateLimited
from serversctl.dns.preflight import Colour
from serversctl.dns.providers.cloudflare import CloudflareDns
from serversctl.dns.reconcile import Outcome
from serversctl.dns.tables import DnsBudget, DnsPreflight, DnsWrite, PoolDns
from serversctl.dns.wire import allowance_of
from serversctl.identity.tables import Account
from serversctl.kernel.db import SessionFactory, unit_of_work
from serversctl.kernel.failpoint import armed
from serversctl.kernel.outbound import Outbound
from serversctl.kernel.outbox import OutboxEvent
from serversctl.kernel.sealed import Sealer
from serversctl.kernel.settings import Settings
from serversctl.pools.tables import Pool
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from support.vendors.benches import ZONE
from support.vendors.cloudflare import FakeCloudflare

NAME = f"lb.{ZONE}"
A, B = "93.184.216.34", "93.184.216.35"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def vendor() -> Iterator[FakeCloudflare]:
    with FakeCloudflare(zone=ZONE) as server:
        yield server
        assert server.violations == []


class House:
    """A pool named lb.example.net at the stand-in, and its keeper."""

    def __init__(self, sessions: SessionFactory, clock: Any, vendor: FakeCloudflare) -> None:
        self.sessions, self.clock, self.vendor = sessions, clock, vendor
        self.sealer = Sealer("a key for tests only, 0123456789abcdef")
        self.settings = Settings(cloudflare_api_base=vendor.base_url, outbound_allow=LOOPBACK)
        authority = Authority(Outbound(), name_servers=lambda _zone: [])
        self.keeper = RecordKeeper(sessions, self.sealer, clock, self.settings, authority=authority)
        with unit_of_work(sessions) as session:
            account = Account(name="Example", created_at=clock.now())
            session.add(account)
            session.flush()
            self.account_id = account.id
            self.pool_id = self.add_pool(session, "edge")
            key = credentials.create(
                session, self.sealer, account.id, kind="cloudflare", name="main", values={"api_token": vendor.token}
            )
            self.key_id = key.id
        self.save()

    def add_pool(self, session: Any, name: str) -> UUID:
        pool = Pool(account_id=self.account_id, name=name, template="haproxy", created_at=self.clock.now())
        session.add(pool)
        session.flush()
        return pool.id

    def save(self, **how: Any) -> None:
        wish = service.Wish(**{"credential_id": self.key_id, "zone": ZONE, "label": "lb", "ttl": 60, **how})
        with unit_of_work(self.sessions) as session:
            service.connect(session, self.account_id, self.pool_id, wish)

    def cut(self, *addresses: str, **how: Any) -> Any:
        return self.keeper.converge(self.pool_id, {"A": addresses}, how.pop("fence", lambda: None), **how)

    def requests_left(self, count: int) -> None:
        """So many are left of this window, by our count and by the vendor's."""
        self.vendor.used = self.vendor.quota - count
        with unit_of_work(self.sessions) as session:
            session.execute(update(DnsBudget).values(tokens=count))

    def row(self) -> PoolDns:
        with unit_of_work(self.sessions) as session:
            found = session.scalar(select(PoolDns).where(PoolDns.pool_id == self.pool_id))
            assert found is not None
            return found

    def events(self, kind: str) -> list[dict[str, Any]]:
        with unit_of_work(self.sessions) as session:
            found = session.scalars(
                select(OutboxEvent).where(OutboxEvent.kind == kind).order_by(OutboxEvent.created_at)
            )
            return [event.payload for event in found]


@pytest.fixture
def house(sessions: SessionFactory, clock: Any, vendor: FakeCloudflare) -> House:
    return House(sessions, clock, vendor)


def test_a_cutover_is_stored_logged_and_told(house: House):
    assert house.cut(A).outcome is Outcome.APPLIED
    assert house.cut(B).outcome is Outcome.APPLIED
    row = house.row()
    assert (row.state, row.observed, row.wanted) == ("in_sync", {"A": [B]}, {"A": [B]})
    assert [event["changes"] for event in house.events("dns.written")] == [
        [{"type": "A", "old": None, "new": A}], [{"type": "A", "old": A, "new": B}],
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["10.0.0.1", "100.64.0.1", "203.0.113.1", "127.0.0.1"])
def test_an_address_that_clients_cannot_reach_is_never_sent(house: House, address: str):
    house.cut(A)
    found = house.cut(address)
    assert found.outcome is Outcome.REFUSED
    assert address in found.detail
    assert house.vendor.look(NAME, "A") == (A,)


def test_a_pool_without_a_name_says_what_to_connect(house: House):
    with unit_of_work(house.sessions) as session:
        other = house.add_pool(session, "bare")
    assert "not connected" in house.keeper.converge(other, {"A": (A,)}, lambda: None).detail
    assert house.keeper.target(other) is None
    assert house.keeper.preflight(other) is None


def test_no_session_is_held_while_the_vendor_thinks(house: House):
    pool = house.sessions.kw["bind"].pool
    seen = []
    with armed("dns.before_write", lambda: seen.append(pool.checkedout())):
        house.cut(A)
    assert seen == [0]


def test_what_the_fence_raises_goes_through_and_nothing_is_written(house: House):
    class LostLease(Exception):
        pass

    def closed() -> None:
        raise LostLease

    house.cut(A)
    with pytest.raises(LostLease):
        house.cut(B, fence=closed)
    assert house.vendor.look(NAME, "A") == (A,)


def test_each_restore_is_told_as_one_and_none_is_refused_here(house: House):
    """The monitor counts them, from a person's last look on: a second count here would answer it with an error."""
    house.cut(A)
    for _ in range(5):
        house.vendor.edit(NAME, "A", [B])
        assert house.cut(A, urgent=False).outcome is Outcome.APPLIED
    assert (len(house.events("dns.restored")), house.events("dns.error")) == (5, [])
    assert house.cut(B).outcome is Outcome.APPLIED


def test_a_restore_leaves_the_share_that_is_kept_for_cutovers(house: House):
    house.cut(A)
    house.vendor.edit(NAME, "A", [B])
    house.requests_left(200)
    assert house.cut(A, urgent=False).outcome is Outcome.RATE_LIMITED
    assert house.vendor.look(NAME, "A") == (B,)
    assert house.cut(A).outcome is Outcome.APPLIED


@pytest.mark.parametrize("change", [{"ttl": 300}, {"proxied": True}])
def test_a_change_of_the_records_form_is_ordered_anew(house: House, change: dict[str, Any]):
    house.cut(A)
    house.save(ttl=60)
    assert house.row().wanted == {"A": [A]}, "nothing changed"
    house.save(**change)
    row = house.row()
    assert (row.wanted, row.state, row.observed) == (None, "drift", {"A": [A]})
    assert house.cut(A).outcome is Outcome.APPLIED
    assert (house.row().wanted, house.row().state) == ({"A": [A]}, "in_sync")


@pytest.mark.parametrize("change", [{"ttl": 300}, {"proxied": True}, {"label": "www"}])
def test_a_change_during_a_write_is_not_taken_for_written(house: House, change: dict[str, Any]):
    with armed("dns.after_write", lambda: house.save(**change)):
        assert house.cut(A).done
    assert house.row().wanted is None


def test_a_record_that_lands_late_is_known_as_ours(house: House):
    house.vendor.mischief.late_sec = 0.2
    house.vendor.next = ["good", "good", "late"]  # zone, records, create
    assert house.cut(A).outcome is Outcome.UNKNOWN
    assert house.row().state == "unknown"
    house.cut(B)
    house.vendor.settle()
    assert house.cut(B).outcome in {Outcome.APPLIED, Outcome.IN_SYNC}
    assert house.vendor.look(NAME, "A") == (B,)


def test_a_conflict_is_told_once(house: House):
    house.cut(A)
    house.vendor.edit(NAME, "AAAA", ["2606:2800:220:1::9"])
    for _ in range(3):
        assert house.cut(B).outcome is Outcome.CONFLICT
    assert len(house.events("dns.conflict")) == 1
    assert "adopt" in house.row().detail


def test_a_zone_that_was_made_again_is_found_again(house: House):
    house.cut(A)
    del house.vendor.zones[house.vendor.zone_id]
    house.vendor.zone_id = house.vendor.add_zone(ZONE)
    assert house.cut(B).outcome is Outcome.APPLIED
    assert house.row().zone_ref == house.vendor.zone_id


def test_observing_never_writes(house: House):
    house.cut(A)
    house.vendor.edit(NAME, "A", [B])
    before = sum(house.vendor.is_write(r) for r in house.vendor.requests)
    found = house.keeper.observe(house.pool_id)
    assert (found.outcome, found.observed) == (Outcome.DRIFT, {"A": (B,)})
    assert sum(house.vendor.is_write(r) for r in house.vendor.requests) == before
    assert house.row().state == "drift"


def test_facts_tell_what_is_wrong(house: House):
    house.cut(A)
    assert house.keeper.facts()[house.pool_id].problem == ""
    house.vendor.edit(NAME, "AAAA", ["2606:2800:220:1::9"])
    house.keeper.observe(house.pool_id)
    assert "AAAA" in house.keeper.facts()[house.pool_id].problem


# --- budget ---------------------------------------------------------------------------------------------------


def test_dashboards_cannot_use_the_share_that_is_kept_for_cutovers(house: House):
    house.cut(A)
    house.requests_left(242)
    outcomes = [house.keeper.observe(house.pool_id).outcome for _ in range(6)]
    assert outcomes[0] is Outcome.IN_SYNC
    assert outcomes[-1] is Outcome.RATE_LIMITED
    assert house.cut(B).outcome is Outcome.APPLIED


def test_a_wait_that_the_vendor_ordered_holds_for_everybody(house: House):
    house.cut(A)
    house.vendor.mischief.retry_after_sec = 100
    house.vendor.next = ["429"]
    assert house.cut(B).retry_after_sec == 100
    asked = len(house.vendor.requests)
    again = house.cut(B)
    assert again.outcome is Outcome.RATE_LIMITED
    assert again.retry_after_sec is not None
    assert 90 < again.retry_after_sec <= 100
    assert len(house.vendor.requests) == asked


def test_the_bucket_refills_and_keeps_a_fifth(clock: Any):
    limits, now = CloudflareDns.limits, clock.now()
    empty = Bucket(0, now)
    held = Bucket(3, now + timedelta(seconds=100))
    assert refill(held, now + timedelta(seconds=90), limits) == held
    assert refill(held, now + timedelta(seconds=110), limits).tokens == 43
    assert refill(held, now - timedelta(days=1), limits).at <= now - timedelta(days=1) + timedelta(seconds=300)
    assert refill(empty, now + timedelta(seconds=150), limits).tokens == 600
    assert refill(empty, now + timedelta(hours=5), limits).tokens == 1200
    assert refill(Bucket(5, now), now - timedelta(hours=1), limits).tokens == 5
    low = Bucket(240.5, now)
    assert take(low, limits, urgent=False, now=now)[1] > 0
    assert take(low, limits, urgent=True, now=now) == (Bucket(239.5, now), 0.0)
    assert take(Bucket(0.5, now), limits, urgent=True, now=now)[1] == pytest.approx(0.125)


def test_the_budget_says_how_long_to_wait(house: House):
    house.cut(A)
    with unit_of_work(house.sessions) as session:
        session.execute(update(DnsBudget).values(tokens=0, filled_at=datetime.now(UTC)))
    found = house.keeper.observe(house.pool_id)
    assert found.outcome is Outcome.RATE_LIMITED
    assert found.retry_after_sec == pytest.approx(60, abs=2)
    assert issubclass(RateLimited, Exception)


def test_requests_that_others_made_with_the_same_user_count(house: House):
    """Somebody's script used nearly all: what is left is kept for cutovers, without a single 429."""
    house.cut(A)
    house.vendor.used = house.vendor.quota - 40
    house.keeper.observe(house.pool_id)  # the answer tells it
    asked = len(house.vendor.requests)
    found = house.keeper.observe(house.pool_id)
    assert found.outcome is Outcome.RATE_LIMITED
    assert len(house.vendor.requests) == asked
    assert house.cut(B).outcome is Outcome.APPLIED


def test_nothing_is_asked_after_the_last_request_until_the_provider_begins_anew(house: House):
    house.cut(A)
    house.vendor.used = house.vendor.quota - 1
    house.keeper.observe(house.pool_id)
    asked = len(house.vendor.requests)
    found = house.cut(B)
    assert found.outcome is Outcome.RATE_LIMITED
    assert found.retry_after_sec == pytest.approx(300, abs=5)
    assert len(house.vendor.requests) == asked


def test_a_bigger_quota_that_the_provider_grants_is_used(house: House):
    house.vendor.quota = 4000
    house.cut(A)
    house.requests_left(2500)
    assert house.keeper.observe(house.pool_id).outcome is Outcome.IN_SYNC
    house.requests_left(790)  # below a fifth of 4000
    house.keeper.observe(house.pool_id)
    assert house.keeper.observe(house.pool_id).outcome is Outcome.RATE_LIMITED


@pytest.mark.parametrize(
    ("told", "policy", "wanted"),
    [
        ('"default";r=50;t=30', '"burst";q=1200;w=300', Allowance(50, 30, 1200, 300)),
        ('"a";r=50;t=30, "b"; r=7; t=1', '"a";q=1200;w=300, "b";q=200;w=1', Allowance(7, 1, 1200, 300)),
        ('"default";r=0;t=299', "", Allowance(0, 299)),
        ('"default";r=5', '"burst";q=0;w=0', Allowance(5, 0)),
        ('"default";r=-5;t=3', "", None),
        ("nonsense", '"burst";q=1200;w=300', None),
        ("", "", None),
    ],
)
def test_the_providers_count_is_read_from_its_headers(told: str, policy: str, wanted: Allowance | None):
    assert allowance_of({"Ratelimit": told, "Ratelimit-Policy": policy}) == wanted


def test_an_answer_that_cannot_be_noted_still_reaches_its_caller(house: House, monkeypatch: pytest.MonkeyPatch):
    def locked(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(budget, "heed", locked)
    assert house.cut(A).outcome is Outcome.APPLIED


# --- pre-flight -----------------------------------------------------------------------------------------------


def test_a_good_way_is_green_and_kept(house: House):
    house.cut(A)
    found = house.keeper.preflight(house.pool_id, write=True)
    assert found is not None
    assert [(step.name, step.ok) for step in found.steps] == [
        ("credential", True), ("zone", True), ("record", True), ("answer", True), ("write", True),
    ]  # fmt: skip
    assert house.vendor.look(NAME, "A") == (A,)


def test_a_token_that_lost_its_right_to_write_is_found_by_the_daily_write(house: House):
    house.cut(A)
    house.vendor.can_write = False
    assert house.keeper.preflight(house.pool_id).colour is not Colour.RED  # type: ignore[union-attr]
    assert house.keeper.preflight(house.pool_id, write=True).colour is Colour.RED  # type: ignore[union-attr]
    assert [event["to"] for event in house.events("dns.preflight_changed")][-1] == "red"
    assert house.keeper.facts()[house.pool_id].problem


@pytest.mark.parametrize(("days", "colour"), [(20, "amber"), (13, "amber"), (0.5, "red"), (-1, "red")])
def test_a_token_that_ends_soon_is_told_early(house: House, days: float, colour: str):
    house.cut(A)
    house.vendor.expires_on = (house.clock.now() + timedelta(days=days)).isoformat().replace("+00:00", "Z")
    found = house.keeper.preflight(house.pool_id)
    assert found is not None
    credential = found.steps[0]
    if days == 20:
        assert (credential.ok, credential.warn) == (True, False)
    else:
        assert (credential.ok, credential.warn, bool(credential.fix)) == (colour == "amber", colour == "amber", True)


def test_the_daily_write_stays_away_while_the_pool_is_being_moved(house: House):
    house.cut(A)
    before = sum(house.vendor.is_write(r) for r in house.vendor.requests)
    usual = house.vendor._list_zones

    def promoted_meanwhile(request: Any) -> Any:
        with unit_of_work(house.sessions) as session:
            session.execute(update(Pool).values(epoch=Pool.epoch + 1))
        return usual(request)

    house.vendor._list_zones = promoted_meanwhile  # type: ignore[method-assign]
    found = house.keeper.preflight(house.pool_id, write=True)
    assert found is not None
    assert "being moved" in found.steps[-1].why
    assert sum(house.vendor.is_write(r) for r in house.vendor.requests) == before


def test_the_worker_walks_every_pool_and_writes_once_a_day(house: House):
    house.cut(A)
    wiring = SimpleNamespace(sessions=house.sessions, hooks={"dns_keeper": lambda: house.keeper})
    preflight_all(wiring)
    preflight_all(wiring)
    with unit_of_work(house.sessions) as session:
        assert [row.wrote for row in session.scalars(select(DnsPreflight).order_by(DnsPreflight.at))] == [True, False]


def test_the_logs_stay_bounded(house: House):
    house.cut(A)
    with unit_of_work(house.sessions) as session:
        for _ in range(service.WRITES_KEPT + 20):
            session.add(DnsWrite(account_id=house.account_id, pool_id=house.pool_id, at=house.clock.now(), fqdn=NAME,
                                 kind="update", type="A", old=A, new=B, certain=True))  # fmt: skip
    house.cut(B)
    with unit_of_work(house.sessions) as session:
        assert len(session.scalars(select(DnsWrite)).all()) == service.WRITES_KEPT
