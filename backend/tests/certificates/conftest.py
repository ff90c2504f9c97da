"""A pool with a name in a real PowerDNS, a real authority that asks it, and the worker's side run by hand."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from serversctl.certificates import commands, installing, issuing, service
from serversctl.certificates.tables import Certificate, CertificateOrder, ChallengeText
from serversctl.dns import credentials
from serversctl.dns import service as dns
from serversctl.identity.audit import SYSTEM
from serversctl.identity.tables import Account
from serversctl.jobs import jobs
from serversctl.jobs import service as job_service
from serversctl.jobs.catalogue import Catalogue
from serversctl.jobs.tables import Job
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.pools.tables import Pool
from serversctl.wiring import Wiring
from sqlalchemy import Engine, select, update
from support.api import make_wiring
from support.servers.pebble import Pebble
from support.servers.powerdns import PowerDns

ZONE = "example.net"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="session")
def powerdns() -> Iterator[PowerDns]:
    with PowerDns.start(zone=ZONE) as server:
        yield server


@pytest.fixture(scope="session")
def pebble(powerdns: PowerDns) -> Iterator[Pebble]:
    with Pebble.start(dns_server=f"{powerdns.address}:{powerdns.port}") as server:
        yield server


@dataclass
class Desk:
    """One account with one pool. `run` plays the worker until a job has ended."""

    wiring: Wiring
    dns: PowerDns
    account_id: UUID
    pool_id: UUID
    key_id: UUID
    steps: list[str] = field(default_factory=list)

    def work(self) -> Any:
        return unit_of_work(self.wiring.sessions)

    def ask(self, *names: str) -> UUID:
        with self.work() as session:
            return service.create(session, session.get_one(Pool, self.pool_id), names or None, SYSTEM).id

    def order(self, command: str = commands.ISSUE, **params: str) -> UUID:
        with self.work() as session:
            ordered = job_service.order(
                session,
                command=next(one for one in commands.COMMANDS if one.id == command),
                params=params,
                actor=SYSTEM,
                pool=session.get_one(Pool, self.pool_id),
                member=None,
            )
            return ordered.job.id

    def turn(self, job_id: UUID) -> Job:
        """One turn of the worker, however long the job wanted to wait."""
        with self.work() as session:
            session.execute(update(Job).where(Job.id == job_id).values(not_before=None))
        jobs.run_here(self.wiring, str(job_id))
        job = self.job(job_id)
        if job.step:
            self.steps.append(job.step)
        return job

    def run(self, job_id: UUID, *, turns: int = 30) -> Job:
        for _ in range(turns):
            job = self.turn(job_id)
            if job.state not in {"pending", "running"}:
                return job
        raise AssertionError(f"the job is still {job.state}: {job.step}")

    def issue(self, *names: str) -> Certificate:
        """Ask, order, run, and look."""
        certificate_id = self.ask(*names)
        job = self.run(self.order(certificateId=str(certificate_id)))
        assert job.state == "completed", job.error
        return self.certificate(certificate_id)

    def job(self, job_id: UUID) -> Job:
        with self.work() as session:
            found = job_service.get_job(session, job_id)
            assert found is not None
            return found

    def certificate(self, certificate_id: UUID) -> Certificate:
        with self.work() as session:
            return session.get_one(Certificate, certificate_id)

    def rows(self, table: Any) -> Sequence[Any]:
        with self.work() as session:
            return session.scalars(select(table)).all()

    def nothing_is_left(self) -> None:
        """No open order, no row of a proof, no value in DNS."""
        assert self.rows(CertificateOrder) == []
        assert self.rows(ChallengeText) == []
        for name in {f"_acme-challenge.lb.{ZONE}", f"_acme-challenge.{ZONE}"}:
            assert self.dns.dig(name, "TXT") == ()


@pytest.fixture
def desk(engine: Engine, powerdns: PowerDns, pebble: Pebble, monkeypatch: pytest.MonkeyPatch) -> Desk:
    wiring = make_wiring(
        engine,
        SystemClock(),
        acme_directory=pebble.directory_url,
        acme_contact="ops@example.net",
        outbound_allow=LOOPBACK,
        outbound_ca_file=str(pebble.ca_file),
    )
    for name in (f"_acme-challenge.lb.{ZONE}", f"_acme-challenge.{ZONE}"):
        powerdns.set(ZONE, name, "TXT", [])  # what a failed test before this one left
    monkeypatch.setattr(jobs, "load", lambda _dist: Catalogue(commands.COMMANDS))
    monkeypatch.setattr(issuing, "LOOK_EVERY_SEC", 0.05)
    wiring.hooks["enqueue"] = lambda *_args, **_how: None
    with unit_of_work(wiring.sessions) as session:
        account = Account(name="Example", created_at=wiring.clock.now())
        session.add(account)
        session.flush()
        pool = Pool(account_id=account.id, name="edge", template="haproxy", created_at=wiring.clock.now())
        session.add(pool)
        session.flush()
        values = {
            "api_url": powerdns.url,
            "api_key": powerdns.api_key,
            "dns_server": powerdns.address,
            "dns_port": powerdns.port,
        }
        key = credentials.create(session, wiring.sealer, account.id, kind="powerdns", name="main", values=values)
        dns.connect(session, account.id, pool.id, dns.Wish(credential_id=key.id, zone=ZONE, label="lb", ttl=60))
        return Desk(wiring, powerdns, account.id, pool.id, key.id)


@pytest.fixture(autouse=True)
def no_installs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue of these tests has no agent commands; installs have tests of their own."""
    if "installs" not in request.keywords:
        monkeypatch.setattr(commands, "order_missing", lambda *_args: 0)
        monkeypatch.setattr(installing, "BATCH", 50)
