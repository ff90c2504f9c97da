"""Every member gets each new certificate, and what became of it is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from serversctl.certificates import commands, installing, service
from serversctl.certificates.tables import Certificate, CertificateInstall
from serversctl.identity.audit import SYSTEM
from serversctl.jobs import jobs
from serversctl.jobs import service as job_service
from serversctl.jobs.catalogue import Catalogue, Command
from serversctl.jobs.rules import Danger, Ending
from serversctl.jobs.service.cargo import input_for_agent
from serversctl.jobs.tables import Job
from serversctl.kernel import outbox
from serversctl.kernel.outbox import OutboxEvent
from serversctl.members import service as members
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy import select, update

from .conftest import ZONE, Desk

pytestmark = pytest.mark.installs

COMMAND = Command(
    id=installing.INSTALL, title="Install", description="", danger=Danger.CHANGE, timeout_sec=120, idempotent=True,
    params={"hostname": {"type": "string", "title": "Host name", "required": True}}, resource="haproxy",
)  # fmt: skip


HOST_COMMAND = replace(COMMAND, id=installing.INSTALL_HOST, resource="host_certificate")


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Catalogue([*commands.COMMANDS, COMMAND, HOST_COMMAND])
    monkeypatch.setattr(jobs, "load", lambda _dist: both)
    monkeypatch.setattr(installing, "load", lambda _dist: both)


def enrol(desk: Desk, hostname: str, template: str = "haproxy_edge") -> UUID:
    with desk.work() as session:
        pool = session.get_one(Pool, desk.pool_id)
        made = members.create_member(
            session, pool, SYSTEM, hostname=hostname, allowed_ips=["203.0.113.10"], template=template,
            linux_family="debian",
        )  # fmt: skip
        return made.member.id


def ordered(desk: Desk) -> list[Job]:
    return [job for job in desk.rows(Job) if job.command == installing.INSTALL and job.state == "pending"]


def play_agent(desk: Desk, job: Job, ending: Ending = Ending.COMPLETED, **report: Any) -> bytes:
    """Claim, fetch the cargo, report; the cargo."""
    with desk.work() as session:
        claimed = job_service.claim(session, job.id, job.member_id).job
        pem = input_for_agent(session, desk.wiring.sealer, claimed, claimed.attempt, "pem")
    with desk.work() as session:
        job_service.complete(session, job.id, job.member_id, None, job_service.Report(ending, **report))
    tell_the_room(desk)
    return pem


def tell_the_room(desk: Desk) -> None:
    """What the worker does with the events of jobs that ended."""
    with desk.work() as session:
        kinds = [f"job.{state}" for state in ("completed", "failed", "timed_out", "cancelled", "unknown")]
        events = session.scalars(select(OutboxEvent).where(OutboxEvent.kind.in_(kinds))).all()
    for event in events:
        installing.on_job(desk.wiring, event)


def test_the_active_member_and_every_standby_get_it(desk: Desk):
    edges = {enrol(desk, "lb1.example.com"), enrol(desk, "lb2.example.com")}
    enrol(desk, "db1.example.com", template="mariadb")
    made = desk.issue()
    assert {job.member_id for job in ordered(desk)} == edges
    assert {str(job.params) for job in ordered(desk)} == {str({"hostname": made.hostname})}
    assert installing.order_missing(desk.wiring) == 0


def test_the_pem_travels_sealed_and_nowhere_else(desk: Desk):
    enrol(desk, "lb1.example.com")
    desk.issue()
    [job] = ordered(desk)
    assert "PRIVATE" not in str(job.params) + str(job.result)
    pem = play_agent(desk, job, result={"inUse": True}).decode()
    assert pem.count("BEGIN CERTIFICATE") >= 2
    assert pem.count("PRIVATE KEY-----") == 2
    [row] = desk.rows(CertificateInstall)
    assert (row.state, row.in_use, row.detail) == ("installed", True, "")


def test_a_new_member_gets_it_too(desk: Desk):
    desk.issue()
    assert ordered(desk) == []
    new = enrol(desk, "lb9.example.com")
    assert installing.order_missing(desk.wiring) == 1
    assert [job.member_id for job in ordered(desk)] == [new]


def test_a_renewed_certificate_goes_out_again(desk: Desk):
    enrol(desk, "lb1.example.com")
    made = desk.issue()
    first = play_agent(desk, ordered(desk)[0], result={"inUse": False, "note": "add `ssl crt` to a bind line"})
    assert "ssl crt" in desk.rows(CertificateInstall)[0].detail
    assert desk.run(desk.order(commands.RENEW)).state == "completed"
    second = play_agent(desk, ordered(desk)[0], result={"inUse": True})
    assert first != second
    [row] = desk.rows(CertificateInstall)
    assert row.fingerprint == desk.certificate(made.id).fingerprint != made.fingerprint


def test_a_new_configuration_is_looked_at_again(desk: Desk):
    member_id = enrol(desk, "lb1.example.com")
    desk.issue()
    play_agent(desk, ordered(desk)[0], result={"inUse": False, "note": "not yet"})
    with desk.work() as session:
        event = outbox.emit(
            session, "haproxy.version_changed", account_id=desk.account_id, member_id=member_id,
            payload={"state": "applied"},
        )  # fmt: skip
    assert event is not None
    installing.on_configuration(desk.wiring, event)
    assert installing.order_missing(desk.wiring) == 1
    play_agent(desk, ordered(desk)[0], result={"inUse": True})
    installing.on_configuration(desk.wiring, event)
    assert installing.order_missing(desk.wiring) == 0
    assert desk.rows(CertificateInstall)[0].in_use is True


def test_a_hosts_own_certificate_goes_to_that_host_alone(desk: Desk):
    enrol(desk, "lb1.example.com")
    host = enrol(desk, f"db1.{ZONE}", template="mariadb")
    with desk.work() as session:
        pool = session.get_one(Pool, desk.pool_id)
        made = service.create(session, pool, None, SYSTEM, member=session.get_one(Member, host)).id
    assert desk.run(desk.order(certificateId=str(made))).state == "completed"
    assert ordered(desk) == []
    [job] = [job for job in desk.rows(Job) if job.command == installing.INSTALL_HOST]
    assert (job.member_id, job.params) == (host, {"hostname": f"db1.{ZONE}"})
    play_agent(desk, job, result={"note": "in /etc/ssl/serversctl"})
    [row] = desk.rows(CertificateInstall)
    assert (row.state, row.in_use) == ("installed", None)


def test_a_failed_install_is_told_and_tried_again_with_patience(desk: Desk):
    enrol(desk, "lb1.example.com")
    desk.issue()
    play_agent(desk, ordered(desk)[0], Ending.FAILED, error="the configuration is not valid: no such keyword")
    [row] = desk.rows(CertificateInstall)
    assert (row.state, row.failures) == ("failed", 1)
    assert "not valid" in row.detail
    assert "certificate.install_failed" in [event.kind for event in desk.rows(OutboxEvent)]
    assert installing.order_missing(desk.wiring) == 0, "not before its pause is over"
    with desk.work() as session:
        session.execute(update(CertificateInstall).values(next_try_at=None))
    assert installing.order_missing(desk.wiring) == 1
    play_agent(desk, ordered(desk)[0], result={"inUse": True})
    [row] = desk.rows(CertificateInstall)
    assert (row.state, row.failures) == ("installed", 0)


def test_a_key_that_does_not_open_is_told_and_stops_no_other_certificate(desk: Desk):
    enrol(desk, "lb1.example.com")
    desk.issue()
    broken = desk.issue(f"www.{ZONE}")
    with desk.work() as session:
        session.execute(update(CertificateInstall).values(fingerprint="", state="waiting"))
        session.execute(update(Certificate).where(Certificate.id == broken.id).values(key_sealed="v1.gone.xxxx"))
    assert installing.order_missing(desk.wiring) == 1
    states = {row.certificate_id: (row.state, row.detail) for row in desk.rows(CertificateInstall)}
    assert states[broken.id][0] == "failed"
    assert "SERVERSCTL_SECRET_KEY" in states[broken.id][1]


def test_it_can_be_installed_again_on_one_member(desk: Desk):
    one, two = enrol(desk, "lb1.example.com"), enrol(desk, "lb2.example.com")
    made = desk.issue()
    for job in ordered(desk):
        play_agent(desk, job, result={"inUse": True})
    with desk.work() as session:
        installing.install_again(session, session.get_one(Certificate, made.id), two, SYSTEM)
    assert installing.order_missing(desk.wiring) == 1
    assert [job.member_id for job in ordered(desk)] == [two]
    assert one != two


def test_an_older_order_that_nobody_took_is_cancelled(desk: Desk):
    enrol(desk, "lb1.example.com")
    desk.issue()
    [old] = ordered(desk)
    assert desk.run(desk.order(commands.RENEW)).state == "completed"
    assert desk.job(old.id).state == "cancelled"
    assert [job.id for job in ordered(desk)] == [desk.rows(CertificateInstall)[0].job_id]


def test_an_older_job_that_ends_late_does_not_count_for_the_newer_certificate(desk: Desk):
    enrol(desk, "lb1.example.com")
    desk.issue()
    [old] = ordered(desk)
    with desk.work() as session:
        job_service.claim(session, old.id, old.member_id)
    assert desk.run(desk.order(commands.RENEW)).state == "completed"
    [row] = desk.rows(CertificateInstall)
    assert row.job_id != old.id
    with desk.work() as session:
        job_service.complete(session, old.id, old.member_id, None, job_service.Report(Ending.COMPLETED, result={}))
    tell_the_room(desk)
    assert desk.rows(CertificateInstall)[0].state == "ordered"


def test_a_stopped_account_gets_it_when_the_stop_is_lifted(desk: Desk):
    enrol(desk, "lb1.example.com")
    made = desk.issue()
    with desk.work() as session:
        session.execute(update(CertificateInstall).values(fingerprint="", state="waiting", job_id=None))
        job_service.stop_work(session, desk.account_id, SYSTEM, "an incident")
    assert installing.order_missing(desk.wiring) == 0
    [row] = desk.rows(CertificateInstall)
    assert (row.state, "stopped" in row.detail) == ("failed", True)
    with desk.work() as session:
        job_service.lift_stop(session, desk.account_id, SYSTEM)
        session.execute(update(CertificateInstall).values(next_try_at=None))
    assert installing.order_missing(desk.wiring) == 1
    assert made.fingerprint
