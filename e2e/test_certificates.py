"""A certificate from asking for it to what clients see: a real authority, a real name server, HAProxy on two hosts."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.servers.pebble import Pebble

from .stage import FQDN, Stage, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]

HOSTS = ("edge-1", "edge-2")
CONFIG, FILE = "/etc/haproxy/haproxy.cfg", f"/etc/haproxy/certs/{FQDN}.pem"
TLS_FRONTEND = f"""
frontend web-tls
    bind :443 ssl crt {FILE}
    default_backend app
"""


@dataclass
class Play:
    stage: Stage
    authority: Pebble
    certificate_id: str = ""

    def certificate(self) -> dict[str, Any]:
        found: dict[str, Any] = self.stage.api.get(f"/certificates/{self.certificate_id}")
        return found

    def ended(self, job_id: str, *, within_sec: float = 90) -> dict[str, Any]:
        job: dict[str, Any] = until(
            lambda: self.stage.api.get(f"/jobs/{job_id}"),
            good=lambda seen: seen["status"] not in {"pending", "running"},
            within_sec=within_sec,
            what="the job ends",
        )
        assert job["status"] == "completed", (job["error"], job["step"])
        return job

    def await_installs(self, *, in_use: bool, within_sec: float = 90) -> None:
        until(
            lambda: [(one["state"], one["current"], one["inUse"]) for one in self.certificate()["installs"]],
            good=lambda seen: seen == [("installed", True, in_use)] * len(HOSTS),
            within_sec=within_sec,
            what="the certificate is on every member",
        )

    def shown(self, hostname: str) -> str:
        """SHA-256 of the leaf that a client of the pool gets there; the chain and the name are verified."""
        trust = ssl.create_default_context(cadata=self.authority.root_pem())
        address = self.stage.host(hostname).address
        with (
            self.stage.lab.control.inside(),
            socket.create_connection((address, 443), timeout=5) as raw,
            trust.wrap_socket(raw, server_hostname=FQDN) as tls,
        ):
            return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    with Stage.open(hosts=len(HOSTS)) as stage:
        dns = f"{stage.dns.address}:{stage.dns.port}"
        with Pebble.start(dns_server=dns, address=stage.lab.names.address, within=stage.lab.names.inside) as authority:
            stage.plane.restart(ACME_DIRECTORY=authority.directory_url, OUTBOUND_CA_FILE=str(authority.ca_file))
            stage.build()
            yield Play(stage, authority)


def test_the_pools_name_gets_a_certificate_and_both_members_have_it(play: Play) -> None:
    stage = play.stage
    made = stage.api.post(f"/pools/{stage.pool_id}/certificates", {})
    play.certificate_id = made["id"]
    assert made["hostname"] == FQDN
    play.ended(made["jobId"])
    assert stage.dns.dig(f"_acme-challenge.{FQDN}", "TXT") == ()
    play.await_installs(in_use=False)
    for hostname in HOSTS:
        host = stage.host(hostname)
        assert host.exec("stat", "-c", "%a %U", FILE).stdout.split() == ["600", "root"]
        assert "PRIVATE KEY" in host.read(FILE)
    assert "ssl crt" in play.certificate()["installs"][0]["detail"]


def test_once_the_configuration_names_it_clients_get_it(play: Play) -> None:
    """One member by a draft that is checked and applied, the other by hand as an operator would."""
    api, ids = play.stage.api, play.stage.member_ids
    play.ended(api.post(f"/members/{ids['edge-1']}/haproxy/import", {})["id"])
    wish = {"memberId": ids["edge-1"]}
    draft = until(
        lambda: api.post(f"/certificates/{play.certificate_id}/configure", wish),
        within_sec=20,
        what="the imported configuration is a version",
    )
    flow = api.post(f"/haproxy/versions/{draft['versionId']}/apply", {"members": [ids["edge-1"]], "soakSec": 10})
    ended = until(
        lambda: api.get(f"/workflows/{flow['id']}"),
        good=lambda seen: seen["state"] not in {"running", "waiting"},
        within_sec=150,
        what="the version is applied",
    )
    assert ended["state"] == "completed", ended
    by_hand = play.stage.host("edge-2")
    by_hand.put(CONFIG, by_hand.read(CONFIG) + TLS_FRONTEND)
    play.ended(api.post(f"/members/{ids['edge-2']}/jobs", {"command": "haproxy.reload", "params": {}})["id"])
    fingerprint = play.certificate()["fingerprint"]
    assert {play.shown(hostname) for hostname in HOSTS} == {fingerprint}


def test_a_renewal_reaches_clients_on_every_member(play: Play) -> None:
    before = play.certificate()["fingerprint"]
    job = play.stage.api.post(f"/certificates/{play.certificate_id}/renew", {})
    play.ended(job["id"])
    play.await_installs(in_use=True)
    after = play.certificate()
    assert after["fingerprint"] != before
    assert {play.shown(hostname) for hostname in HOSTS} == {after["fingerprint"]}


def test_a_member_that_lost_its_file_gets_it_again(play: Play) -> None:
    edge = play.stage.host("edge-2")
    edge.exec("rm", FILE)
    member_id = play.stage.member_ids["edge-2"]
    play.stage.api.post(f"/certificates/{play.certificate_id}/install", {"memberId": member_id})
    play.await_installs(in_use=True)
    assert "PRIVATE KEY" in edge.read(FILE)
    assert play.shown("edge-2") == play.certificate()["fingerprint"]
