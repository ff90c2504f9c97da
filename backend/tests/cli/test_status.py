"""The status says who is active, who could take over, and what holds it; and what it could not see."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from rich.console import Console
from serversctl.cli import migrate, overview
from serversctl.cli.commands import status
from serversctl.dns.tables import PoolDns, ProviderCredential
from serversctl.failover.tables import FailoverEvent, FailoverHalt, FailoverHold, FailoverSettings, MonitorLease
from serversctl.heartbeats.ports import Sighting
from serversctl.identity.tables import Account
from serversctl.kernel.db import database_now, make_engine, make_sessions, unit_of_work
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy.orm import Session

Run = Callable[..., Any]
STORE_NOW = 5000.0


def sighting(member_id: UUID, age: float = 0.4, *, active: bool = True) -> Sighting:
    seen = STORE_NOW - age
    return Sighting(
        member_id=member_id, seen_at=seen, proven_at=seen, run_since=1000.0, interval_sec=1, boot_id="b", seq=1,
        agent_version=1, ip=None, source="203.0.113.10", haproxy_monitored=True, haproxy_active=active,
        inactive_reports=0 if active else 3, clone_suspected=False,
    )  # fmt: skip


class FakeLiveness:
    """Sightings that a test has put there."""

    found: ClassVar[dict[UUID, Sighting]] = {}

    def __init__(self, _redis: object) -> None:
        pass

    def now(self) -> float:
        return STORE_NOW

    def sightings(self, ids: Collection[UUID]) -> dict[UUID, Sighting]:
        return {one: self.found[one] for one in ids if one in self.found}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[UUID, Sighting]]:
    monkeypatch.setattr(overview, "RedisLiveness", FakeLiveness)
    FakeLiveness.found = {}
    yield FakeLiveness.found
    FakeLiveness.found = {}


@pytest.fixture
def url(data_dir: Path) -> str:
    made = f"sqlite:///{data_dir / 'serversctl.db'}"
    migrate.upgrade(made)
    return made


class Site:
    """A pool with two members and a name, in a real database."""

    def __init__(self, session: Session, name: str = "web") -> None:
        now = database_now(session)
        account = Account(name=name, created_at=now)
        session.add(account)
        session.flush()
        self.pool = Pool(account_id=account.id, name=name, template="haproxy", epoch=3, created_at=now)
        session.add(self.pool)
        session.flush()
        self.members = [self._member(session, f"lb{n}.{name}.example.com", n) for n in (1, 2)]
        self.pool.active_member_id = self.members[0].id
        key = ProviderCredential(
            account_id=account.id, kind="powerdns", name="dns", config={}, sealed={}, hints={}, created_at=now
        )
        session.add(key)
        session.flush()
        session.add(
            PoolDns(
                account_id=account.id, pool_id=self.pool.id, credential_id=key.id, zone="example.com", label=name,
                fqdn=f"{name}.example.com", ttl=60, observed={"A": ["203.0.113.11"]}, state="in_sync",
                created_at=now, updated_at=now,
            )
        )  # fmt: skip
        session.add(FailoverSettings(pool_id=self.pool.id, account_id=account.id, auto=True, recovery_sec=10))
        session.merge(MonitorLease(name="failover", holder="h", epoch=1, expires_at=now + timedelta(minutes=5)))
        session.flush()

    def _member(self, session: Session, hostname: str, number: int) -> Member:
        member = Member(
            account_id=self.pool.account_id, pool_id=self.pool.id, hostname=hostname, display_name=hostname.split(".")[0],
            template="haproxy_edge", linux_family="debian", allowed_ips=[f"93.184.216.{10 + number}"], public_ips=[],
            secret_hash=hostname, created_at=database_now(session),
        )  # fmt: skip
        session.add(member)
        session.flush()
        return member


def site(url: str, **named: Any) -> Site:
    with edit(url) as session:
        return Site(session, **named)


def edit(url: str) -> Any:
    return unit_of_work(make_sessions(make_engine(url)))


def seen(run: Run, *argv: str) -> dict[str, Any]:
    done = run("status", "--json", *argv)
    assert done.code == 0, done.err
    return dict(json.loads(done.out))


def test_the_active_and_the_ready_standby_are_told_apart(run: Run, url: str, heard: dict[UUID, Sighting]) -> None:
    made = site(url)
    heard.update({member.id: sighting(member.id) for member in made.members})
    (pool,) = seen(run)["pools"]
    assert [(m["name"], m["role"], m["ready"]) for m in pool["members"]] == [
        ("lb1", "active", True),
        ("lb2", "standby", True),
    ]
    assert (pool["hostname"], pool["answer"], pool["dns"]) == ("web.example.com", ["203.0.113.11"], "in sync")
    assert (pool["automatic"], pool["recoverySec"]) == (True, 10)


def test_a_standby_that_is_not_ready_says_why(run: Run, url: str, heard: dict[UUID, Sighting]) -> None:
    made = site(url)
    heard[made.members[0].id] = sighting(made.members[0].id)
    heard[made.members[1].id] = sighting(made.members[1].id, active=False)
    member = seen(run)["pools"][0]["members"][1]
    assert (member["ready"], member["haproxy"]) == (False, "down")
    assert "HAProxy is not active." in member["reasons"]


def test_holds_and_the_last_move_are_shown(run: Run, url: str, heard: dict[UUID, Sighting]) -> None:
    made = site(url)
    with edit(url) as session:
        now = database_now(session)
        account_id, pool_id = made.pool.account_id, made.pool.id
        session.add(
            FailoverHold(
                pool_id=pool_id, reason="agent_lost", account_id=account_id, sentence="The agent is lost.",
                since=now - timedelta(seconds=90),
            )
        )  # fmt: skip
        session.add(
            FailoverEvent(
                account_id=account_id, pool_id=pool_id, epoch=3, kind="automatic", from_name="lb2", to_name="lb1",
                to_member_id=made.members[0].id, to_addresses={}, state="done", reason="silent", sentences=[],
                evidence={}, ordered_by="monitor", created_at=now - timedelta(minutes=5),
            )
        )  # fmt: skip
    (pool,) = seen(run)["pools"]
    assert pool["holds"][0]["reason"] == "agent_lost"
    assert 89 < pool["holds"][0]["sinceSec"] < 120
    assert (pool["lastEvent"]["moved"], pool["lastEvent"]["state"]) == ("lb2 -> lb1", "done")


def test_with_redis_away_it_says_so_and_shows_the_rest(run: Run, url: str) -> None:
    site(url)
    found = seen(run)
    assert any("automation holds" in note for note in found["notes"])
    assert [(m["ageSec"], m["ready"]) for m in found["pools"][0]["members"]] == [(None, None)] * 2


def test_without_a_monitor_it_says_that_nothing_fails_over(run: Run, url: str, heard: dict[UUID, Sighting]) -> None:
    site(url)
    with edit(url) as session:
        lease = session.get_one(MonitorLease, "failover")
        lease.expires_at = database_now(session) - timedelta(seconds=1)
    assert any("No monitor is at work" in note for note in seen(run)["notes"])


def test_a_halt_is_the_first_thing_said_and_resume_ends_it(run: Run, url: str, heard: dict[UUID, Sighting]) -> None:
    assert run("failover", "halt", "--reason", "moving house").code == 0
    assert seen(run)["notes"][0] == "Automation is stopped: moving house"
    assert run("failover", "resume").out == "Automatic failover goes on.\n"
    assert run("failover", "resume").out == "Automatic failover was not stopped.\n"
    with edit(url) as session:
        assert session.get(FailoverHalt, 1) is None


def test_one_pool_can_be_named_and_many_are_bounded(run: Run, url: str, heard: dict[UUID, Sighting]) -> None:
    for name in ("alpha", "beta", "gamma"):
        site(url, name=name)
    assert [pool["name"] for pool in seen(run, "--pool", "BETA")["pools"]] == ["beta"]
    bounded = seen(run, "--limit", "2")
    assert ([pool["name"] for pool in bounded["pools"]], bounded["leftOut"]) == (["alpha", "beta"], 1)


def test_the_table_shows_what_json_says(run: Run, url: str, heard: dict[UUID, Sighting]) -> None:
    made = site(url)
    heard[made.members[0].id] = sighting(made.members[0].id, age=42.0)
    shown = run("status").out
    for part in ("web.example.com -> 203.0.113.11 (in sync)", "automatic, 10 s", "lb1", "active", "42.0 s", "never"):
        assert part in shown


def test_a_members_name_cannot_colour_the_terminal(url: str, heard: dict[UUID, Sighting], run: Run) -> None:
    made = site(url)
    with edit(url) as session:
        session.get_one(Member, made.members[0].id).display_name = "\x1b[31m[bold]evil"
    shown = run("status").out
    assert "\x1b[31m" not in shown
    assert "[bold]evil" in shown


def test_an_empty_installation_says_so(run: Run, url: str) -> None:
    assert "There is no pool yet." in run("status").out


def test_watching_goes_on_when_the_database_is_away_for_a_moment() -> None:
    def broken() -> overview.Overview:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("SELECT", {}, Exception("server closed the connection"))

    console = Console(record=True, width=100)
    console.print(status.careful(broken))
    assert "The database does not answer: server closed the connection" in console.export_text()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (150, "2 min"), (7300, "2 h"), (200000, "2 d")]
)
def test_spans_are_for_people(seconds: float, words: str) -> None:
    assert status.span(seconds) == words
