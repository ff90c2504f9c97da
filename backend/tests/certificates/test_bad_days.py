"""What may go wrong between us, the zone and the authority: nothing is lost, DNS is left clean, the old one serves."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import dns.message
import dns.rcode
import pytest
import requests
from serversctl.certificates import commands, issuing, network, proofs, service
from serversctl.certificates import jobs as room_jobs
from serversctl.certificates.ca import Ca
from serversctl.certificates.network import GuardedAdapter
from serversctl.certificates.tables import Certificate, CertificateOrder, ChallengeText
from serversctl.dns import credentials
from serversctl.dns.challenges import Challenges, challenges_of
from serversctl.dns.keeper import keeper_of
from serversctl.dns.ports import Refused
from serversctl.identity.audit import SYSTEM
from serversctl.jobs import service as job_service
from serversctl.jobs.tables import Job
from serversctl.kernel.db import database_now
from serversctl.kernel.failpoint import armed
from serversctl.kernel.outbound import Outbound, OutboundRefused
from serversctl.kernel.outbox import OutboxEvent
from serversctl.kernel.sealed import Sealer
from sqlalchemy import update
from support.servers.pebble import Pebble
from support.servers.powerdns import PowerDns

from .conftest import LOOPBACK, ZONE, Desk

CHALLENGE = f"_acme-challenge.lb.{ZONE}"
# 200 by hand: CERTIFICATES_SOAK=200
ORDERS = int(os.environ.get("CERTIFICATES_SOAK", "8"))


class Crash(BaseException):
    """The process is gone at this point."""


def crash() -> None:
    raise Crash


def use(desk: Desk, pebble: Pebble, **more: Any) -> None:
    """Let the desk speak to another authority."""
    desk.wiring.settings = replace(
        desk.wiring.settings,
        acme_directory=pebble.directory_url,
        outbound_ca_file=str(pebble.ca_file),
        **more,
    )


def lease_over(desk: Desk, job_id: UUID) -> None:
    """Time passes: the job of the dead process is offered again, and nobody has its order."""
    with desk.work() as session:
        now = database_now(session)
        session.execute(update(Job).where(Job.id == job_id).values(lease_until=now - timedelta(minutes=1)))
        session.execute(update(CertificateOrder).values(claimed_until=now - timedelta(seconds=1)))
    with desk.work() as session:
        job_service.sweep(session)


# --- the authority ------------------------------------------------------------------------------------------------


def test_half_of_all_nonces_refused_loses_no_order(desk: Desk, powerdns: PowerDns):
    with Pebble.start(dns_server=f"{powerdns.address}:{powerdns.port}", nonce_reject=50) as rude:
        use(desk, rude)
        desk.issue()
        fingerprints = set()
        for _ in range(ORDERS):
            job = desk.run(desk.order(commands.RENEW))
            assert job.state == "completed", job.error
            fingerprints.add(job.result["certificates"][0]["fingerprint"])
        assert len(fingerprints) == ORDERS
    desk.nothing_is_left()


def test_an_authority_that_forgot_us_gets_the_same_key_again(desk: Desk, powerdns: PowerDns):
    with Pebble.start(dns_server=f"{powerdns.address}:{powerdns.port}") as forgetful:
        use(desk, forgetful)
        first = desk.issue()
        forgetful.restart()
        job = desk.run(desk.order(commands.RENEW))
        assert job.state == "completed", job.error
        assert any("Beginning again" in step for step in desk.steps)
        assert desk.certificate(first.id).fingerprint != first.fingerprint
    desk.nothing_is_left()


def test_an_authority_that_is_away_is_waited_for(desk: Desk, powerdns: PowerDns):
    with Pebble.start(dns_server=f"{powerdns.address}:{powerdns.port}") as away:
        use(desk, away)
        job_id = desk.order()
        away.kill()
        waiting = desk.turn(job_id)
        assert (waiting.state, waiting.attempt) == ("pending", 1)
        assert "does not answer" in (waiting.step or "")
        away.restart()
        assert desk.run(job_id).state == "completed"


def test_an_authority_that_stays_away_fails_the_job_and_the_renewal_tries_again(desk: Desk, powerdns: PowerDns):
    first = desk.issue()
    with Pebble.start(dns_server=f"{powerdns.address}:{powerdns.port}") as away:
        use(desk, away)
        away.kill()
        job_id = desk.order(commands.RENEW)
        desk.turn(job_id)
        with desk.work() as session:
            session.execute(update(CertificateOrder).values(claimed_at=database_now(session) - timedelta(minutes=11)))
        job = desk.turn(job_id)
    assert job.state == "failed"
    after = desk.certificate(first.id)
    assert (after.fingerprint, after.last_error_code, after.failures) == (first.fingerprint, "acme_unavailable", 1)
    assert after.next_renewal_at is not None
    assert after.next_renewal_at < desk.wiring.clock.now() + timedelta(minutes=20)


def limited(monkeypatch: pytest.MonkeyPatch, retry_after: str) -> None:
    """The authority refuses new orders as Let's Encrypt does."""
    real = GuardedAdapter.send

    def send(self: GuardedAdapter, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        answer = real(self, request, *args, **more)
        if (request.url or "").endswith("/order-plz"):
            answer.status_code = 429
            self.retry_after = retry_after
            answer._content = (
                b'{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates (5) already issued"}'
            )
        return answer

    monkeypatch.setattr(GuardedAdapter, "send", send)


def test_a_rate_limit_holds_the_certificate_until_its_date(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    first = desk.issue()
    limited(monkeypatch, "7200")
    job = desk.run(desk.order(commands.RENEW))
    assert job.state == "failed"
    assert "acme_rate_limited" in (job.error or "")
    held = desk.certificate(first.id)
    assert held.held_until is not None
    wait = held.held_until - desk.wiring.clock.now()
    assert timedelta(minutes=115) < wait < timedelta(minutes=121)
    assert held.next_renewal_at is not None
    assert held.next_renewal_at >= held.held_until
    assert held.fingerprint == first.fingerprint
    again = desk.run(desk.order(commands.RENEW))
    assert "certificate_held" in (again.error or "")
    assert f"{held.held_until:%Y-%m-%d %H:%M}" in (again.error or "")
    assert desk.rows(ChallengeText) == []


def test_an_external_account_is_asked_for_and_used(desk: Desk, powerdns: PowerDns):
    keys = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}
    with Pebble.start(dns_server=f"{powerdns.address}:{powerdns.port}", bindings=keys) as strict:
        use(desk, strict)
        job = desk.run(desk.order())
        assert "SERVERSCTL_ACME_EAB_KID" in (job.error or "")
        use(desk, strict, acme_eab_kid="kid-1", acme_eab_hmac_key=keys["kid-1"])
        job = desk.run(desk.order())
        assert job.state == "completed", job.error


class ServFail(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, line = self.request
        answer = dns.message.make_response(dns.message.from_wire(data))
        answer.set_rcode(dns.rcode.SERVFAIL)
        line.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def servfail() -> Iterator[str]:
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), ServFail) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_name_that_the_authority_cannot_look_up_fails_with_its_words_and_dns_is_clean(desk: Desk, servfail: str):
    first = desk.issue()
    with Pebble.start(dns_server=servfail) as blind:
        use(desk, blind)
        job = desk.run(desk.order(commands.RENEW))
    assert job.state == "failed"
    assert "acme_challenge_failed" in (job.error or "")
    assert f"lb.{ZONE}" in (job.error or "")
    after = desk.certificate(first.id)
    assert (after.fingerprint, after.failures) == (first.fingerprint, 1)
    desk.nothing_is_left()


def test_the_next_try_after_a_refused_proof_is_a_new_order(desk: Desk, servfail: str, pebble: Pebble):
    made = desk.ask()
    with Pebble.start(dns_server=servfail) as blind:
        use(desk, blind)
        assert desk.run(desk.order()).state == "failed"
    use(desk, pebble)
    assert desk.run(desk.order()).state == "completed"
    after = desk.certificate(made)
    assert (after.last_error, after.failures) == ("", 0)


def test_a_certificate_for_another_key_is_not_believed(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    first = desk.issue()
    with monkeypatch.context() as patch:
        patch.setattr(Ca, "download", lambda _self, _look: first.chain_pem)
        job = desk.run(desk.order(commands.RENEW))
    assert "certificate_key_mismatch" in (job.error or "")
    assert desk.certificate(first.id).fingerprint == first.fingerprint
    desk.nothing_is_left()
    assert desk.run(desk.order(commands.RENEW)).state == "completed"


def test_a_lost_secret_key_is_told_with_its_fix(desk: Desk):
    first = desk.issue()
    desk.wiring.sealer, kept = Sealer("another key, 0123456789abcdef0123456789"), desk.wiring.sealer
    job = desk.run(desk.order(commands.RENEW))
    assert "SERVERSCTL_SECRET_KEY" in (job.error or "")
    assert desk.certificate(first.id).last_error_code == "secret_does_not_open"
    desk.wiring.sealer = kept
    assert desk.run(desk.order(commands.RENEW)).state == "completed"
    desk.nothing_is_left()


# --- the zone -----------------------------------------------------------------------------------------------------


class SlowZone(Challenges):
    """The zone's servers show what was written only after some looks; asking the authority before would be seen."""

    def __init__(self, real: Challenges, looks: int) -> None:
        super().__init__(real._door)
        self.looks = looks

    def visible(self, place: Any, values: Any) -> bool | None:
        self.looks -= 1
        return False if self.looks > 0 else super().visible(place, values)


def test_slow_name_servers_are_waited_for_before_the_authority_is_asked(desk: Desk):
    slow = SlowZone(challenges_of(desk.wiring), looks=20)
    desk.wiring.hooks["dns_challenges"] = lambda: slow
    job_id = desk.order()
    waiting = desk.turn(job_id)
    assert waiting.state == "pending"
    assert CHALLENGE in (waiting.step or "")
    [order] = desk.rows(CertificateOrder)
    assert (order.answered_at, order.placed_at is not None) == (None, True)
    assert desk.run(job_id).state == "completed"
    desk.nothing_is_left()


def test_name_servers_that_never_show_it_fail_the_job_without_costing_a_validation(desk: Desk):
    stuck = SlowZone(challenges_of(desk.wiring), looks=10_000)
    desk.wiring.hooks["dns_challenges"] = lambda: stuck
    job_id = desk.order()
    desk.turn(job_id)
    with desk.work() as session:
        session.execute(update(CertificateOrder).values(placed_at=database_now(session) - timedelta(minutes=11)))
    job = desk.turn(job_id)
    assert "acme_text_not_visible" in (job.error or "")
    [order] = desk.rows(CertificateOrder)
    assert order.answered_at is None
    assert desk.dns.dig(CHALLENGE, "TXT") == ()
    # The order is still good at the authority: the next job goes on with it.
    desk.wiring.hooks.pop("dns_challenges")
    assert desk.run(desk.order()).state == "completed"
    desk.nothing_is_left()


def test_where_no_name_server_answers_us_the_providers_word_does_after_a_while(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    class Unseen(Challenges):
        def visible(self, place: Any, values: Any) -> bool | None:
            return None

    blind = Unseen(challenges_of(desk.wiring)._door)
    desk.wiring.hooks["dns_challenges"] = lambda: blind
    job_id = desk.order()
    assert desk.turn(job_id).state == "pending", "not at once: the write may still be on its way to the servers"
    monkeypatch.setattr(issuing, "UNSEEN_WAIT", timedelta(seconds=0.1))
    assert desk.run(job_id).state == "completed"


def test_a_provider_that_is_away_is_waited_for(desk: Desk, powerdns: PowerDns):
    job_id = desk.order()
    powerdns.kill()
    try:
        waiting = desk.turn(job_id)
        assert (waiting.state, "cannot be reached" in (waiting.step or "")) == ("pending", True)
    finally:
        powerdns.restart()
    assert desk.run(job_id).state == "completed"
    desk.nothing_is_left()


def test_a_key_that_is_not_accepted_fails_at_once_and_says_so(desk: Desk):
    with desk.work() as session:
        credentials.change(session, desk.wiring.sealer, desk.account_id, desk.key_id, values={"api_key": "not-the-key"})
    job = desk.run(desk.order(), turns=1)
    assert "dns_credential_refused" in (job.error or "")
    assert desk.rows(ChallengeText) == []


def test_a_delegated_challenge_is_put_where_its_cname_leads(desk: Desk, powerdns: PowerDns):
    other = "delegated.test"
    powerdns.create_zone(other)
    powerdns.set(ZONE, f"_acme-challenge.www.{ZONE}", "CNAME", [f"www.{other}."])
    try:
        place = challenges_of(desk.wiring).place_for(desk.account_id, desk.pool_id, f"www.{ZONE}")
        assert (place.zone, place.name) == (other, f"www.{other}")
        assert desk.issue(f"www.{ZONE}").fingerprint
        assert powerdns.dig(f"www.{other}", "TXT") == ()
    finally:
        powerdns.set(ZONE, f"_acme-challenge.www.{ZONE}", "CNAME", [])
        powerdns.api("DELETE", f"/zones/{other}.")


def test_a_name_in_a_zone_without_a_key_is_refused_unless_it_is_delegated(desk: Desk):
    door = keeper_of(desk.wiring).door
    nowhere = Challenges(door, alias=lambda _name: None)
    with pytest.raises(Refused, match="No DNS key of this account reaches"):
        nowhere.place_for(desk.account_id, desk.pool_id, "www.elsewhere.org")
    led = Challenges(door, alias=lambda name: f"proof.{ZONE}" if name == "_acme-challenge.www.elsewhere.org" else None)
    assert led.place_for(desk.account_id, desk.pool_id, "www.elsewhere.org").name == f"proof.{ZONE}"
    circle = Challenges(door, alias=lambda name: name)
    with pytest.raises(Refused, match="circle"):
        circle.place_for(desk.account_id, desk.pool_id, "www.elsewhere.org")


# --- crashes ------------------------------------------------------------------------------------------------------

POINTS = (
    "acme.claimed", "acme.registered", "acme.ordered", "acme.text_remembered", "acme.text_placed", "acme.visible",
    "acme.answered", "acme.finalized", "acme.downloaded", "acme.stored",
)  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_is_walked_on_from(desk: Desk, point: str):
    made = desk.ask()
    job_id = desk.order(certificateId=str(made))
    with armed(point, crash), pytest.raises(Crash):
        desk.turn(job_id)
    lease_over(desk, job_id)
    job = desk.run(job_id)
    assert (job.state, job.attempt) == ("completed", 2), job.error
    assert desk.certificate(made).fingerprint
    proofs.sweep(desk.wiring)
    desk.nothing_is_left()


def test_what_a_dead_job_left_in_dns_is_swept_away(desk: Desk):
    job_id = desk.order()
    with armed("acme.text_placed", crash), pytest.raises(Crash):
        desk.turn(job_id)
    assert len(desk.dns.dig(CHALLENGE, "TXT")) == 1
    proofs.sweep(desk.wiring)
    assert len(desk.dns.dig(CHALLENGE, "TXT")) == 1, "its job may still be at work"
    with desk.work() as session:
        session.execute(update(CertificateOrder).values(claimed_until=database_now(session)))
    proofs.sweep(desk.wiring)
    assert (desk.dns.dig(CHALLENGE, "TXT"), desk.rows(ChallengeText)) == ((), [])


def test_a_deleted_certificate_leaves_no_proof_behind(desk: Desk):
    made = desk.ask()
    job_id = desk.order(certificateId=str(made))
    slow = SlowZone(challenges_of(desk.wiring), looks=10_000)
    desk.wiring.hooks["dns_challenges"] = lambda: slow
    desk.turn(job_id)
    with desk.work() as session:
        service.delete(session, service.find(session, desk.account_id, made), SYSTEM)
    job = desk.run(job_id)
    assert job.state == "failed"
    proofs.sweep(desk.wiring)
    desk.nothing_is_left()


def test_a_provider_that_is_away_while_we_clean_is_asked_again_later(desk: Desk, powerdns: PowerDns):
    job_id = desk.order()
    with armed("acme.stored", powerdns.kill):
        job = desk.run(job_id)
    assert job.state == "completed"
    [row] = desk.rows(ChallengeText)
    assert row.next_try_at is not None
    powerdns.restart()
    with desk.work() as session:
        session.execute(update(ChallengeText).values(next_try_at=None))
    proofs.sweep(desk.wiring)
    desk.nothing_is_left()


def test_two_jobs_at_one_certificate_do_not_step_on_each_other(desk: Desk):
    made = desk.ask()
    slow = SlowZone(challenges_of(desk.wiring), looks=15)
    desk.wiring.hooks["dns_challenges"] = lambda: slow
    first, second = (desk.order(certificateId=str(made)) for _ in range(2))
    assert desk.turn(first).state == "pending"
    assert "certificate_busy" in (desk.turn(second).error or "")
    assert desk.run(first).state == "completed"


def test_one_certificate_that_fails_stops_no_other(desk: Desk):
    good, bad = desk.ask(), desk.ask("www.elsewhere.org")
    desk.wiring.hooks["dns_challenges"] = lambda: Challenges(keeper_of(desk.wiring).door, alias=lambda _name: None)
    job = desk.run(desk.order())
    assert "acme_challenge_zone" in (job.error or "")
    assert desk.certificate(good).fingerprint
    assert desk.certificate(bad).last_error_code == "acme_challenge_zone"


def test_many_certificates_leave_the_queue_to_others_in_between(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    made = [desk.ask(f"h{number}.{ZONE}") for number in range(3)]
    monkeypatch.setattr(commands, "TURN_SEC", 0.0)
    job_id = desk.order()
    turns = 0
    while (job := desk.turn(job_id)).state == "pending":
        turns += 1
        monkeypatch.setattr(commands, "TURN_SEC", 0.05)
    assert (job.state, turns >= 2) == ("completed", True)
    assert all(desk.certificate(one).fingerprint for one in made)


# --- renewals -----------------------------------------------------------------------------------------------------


def age(desk: Desk, certificate: Certificate, *, left: float) -> None:
    """Bring a certificate to where this share of its life is left, its renewal due."""
    now = desk.wiring.clock.now()
    life = timedelta(days=90)
    with desk.work() as session:
        session.execute(
            update(Certificate)
            .where(Certificate.id == certificate.id)
            .values(not_before=now - life * (1 - left), not_after=now + life * left, next_renewal_at=now)
        )


def test_a_due_renewal_is_ordered_once_and_done(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    made = desk.issue()
    age(desk, made, left=0.3)
    monkeypatch.setattr(room_jobs, "load", lambda _dist: _catalogue())
    room_jobs.renew_due(desk.wiring)
    room_jobs.renew_due(desk.wiring)
    jobs = [job for job in desk.rows(Job) if job.state == "pending"]
    assert [job.params for job in jobs] == [{"certificateId": str(made.id)}]
    assert desk.run(jobs[0].id).state == "completed"
    assert desk.certificate(made.id).fingerprint != made.fingerprint


@pytest.mark.parametrize(
    ("left", "kind"), [(0.5, None), (0.3, "certificate.renewal_failing"), (0.05, "certificate.expiring")]
)
def test_a_failing_renewal_is_told_once_a_day_when_it_matters(desk: Desk, servfail: str, left: float, kind: str | None):
    made = desk.issue()
    age(desk, made, left=left)
    with Pebble.start(dns_server=servfail) as blind:
        use(desk, blind)
        for _ in range(2):
            assert desk.run(desk.order(commands.RENEW)).state == "failed"
    told = [event.kind for event in desk.rows(OutboxEvent)]
    letters = [one for one in told if one in {"certificate.renewal_failing", "certificate.expiring"}]
    assert letters == ([kind] if kind else [])
    assert told.count("certificate.failed") == 2


def _catalogue() -> Any:
    from serversctl.jobs.catalogue import Catalogue

    return Catalogue(commands.COMMANDS)


# --- the way out --------------------------------------------------------------------------------------------------


def adapter_call(url: str, outbound: Outbound) -> Callable[[], requests.Response]:
    session = requests.Session()
    session.mount("https://", network.GuardedAdapter(outbound))
    session.mount("http://", network.GuardedAdapter(outbound))
    return lambda: session.get(url)


@pytest.mark.parametrize(
    "url",
    ["https://169.254.169.254/dir", "https://127.0.0.1:14000/dir", "http://93.184.216.34/dir", "https://10.0.0.1/dir"],
)
def test_the_authority_cannot_send_us_to_places_where_nobody_may_send_us(url: str):
    with pytest.raises(OutboundRefused):
        adapter_call(url, Outbound())()


def test_the_extra_ca_file_is_believed_and_nothing_else(pebble: Pebble):
    trusted = Outbound(allow=LOOPBACK, ca_file=str(pebble.ca_file))
    assert adapter_call(pebble.directory_url, trusted)().json()["newOrder"]
    with pytest.raises(network.TRANSPORT_ERRORS):
        adapter_call(pebble.directory_url, Outbound(allow=LOOPBACK))()
