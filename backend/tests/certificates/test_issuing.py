"""Certificates from a real authority that looks into a real name server."""

from __future__ import annotations

from cryptography import x509
from serversctl.certificates import commands
from serversctl.certificates.keys import checked_chain, combined_pem
from serversctl.certificates.orders import key_context
from serversctl.certificates.tables import AcmeAccount

from .conftest import ZONE, Desk


def test_the_pools_own_name_gets_a_certificate_and_dns_is_clean_afterwards(desk: Desk):
    job = desk.run(desk.order())
    assert job.state == "completed", job.error
    [row] = job.result["certificates"]
    assert (row["hostname"], row["state"]) == (f"lb.{ZONE}", "issued")
    desk.nothing_is_left()


def test_the_key_is_sealed_and_fits_its_certificate(desk: Desk):
    made = desk.issue()
    assert "PRIVATE" not in (made.key_sealed or "") + (made.chain_pem or "")
    key = desk.wiring.sealer.open(made.key_sealed or "", key_context(made.id))
    leaf = checked_chain(made.chain_pem or "", key, [f"lb.{ZONE}"], desk.wiring.clock.now())
    assert leaf.fingerprint == made.fingerprint
    pem = combined_pem(made.chain_pem or "", key).decode()
    assert pem.index("CERTIFICATE") < pem.index("PRIVATE KEY")
    assert len(x509.load_pem_x509_certificates(pem.encode())) >= 2


def test_a_wildcard_and_its_base_are_proven_side_by_side(desk: Desk):
    made = desk.issue(ZONE, f"*.{ZONE}", f"lb.{ZONE}")
    leaf = x509.load_pem_x509_certificates((made.chain_pem or "").encode())[0]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert sorted(names) == sorted([ZONE, f"*.{ZONE}", f"lb.{ZONE}"])
    desk.nothing_is_left()


def test_values_of_others_at_the_name_stay(desk: Desk):
    name = f"_acme-challenge.lb.{ZONE}"
    desk.dns.set(ZONE, name, "TXT", ['"somebody elses proof"'])
    try:
        desk.issue()
        assert desk.dns.dig(name, "TXT") == ('"somebody elses proof"',)
    finally:
        desk.dns.set(ZONE, name, "TXT", [])


def test_a_fresh_certificate_is_left_alone_and_a_forced_renewal_is_not(desk: Desk):
    first = desk.issue()
    again = desk.run(desk.order())
    assert again.result["certificates"][0]["state"] == "fresh"
    forced = desk.run(desk.order(commands.RENEW))
    assert forced.result["certificates"][0]["state"] == "issued"
    assert desk.certificate(first.id).fingerprint != first.fingerprint


def test_one_account_serves_all_certificates(desk: Desk):
    desk.issue()
    desk.issue(f"www.{ZONE}")
    [account] = desk.rows(AcmeAccount)
    assert account.url
    assert "PRIVATE" not in account.key_sealed


def test_the_renewal_comes_at_two_thirds_of_life(desk: Desk):
    made = desk.issue()
    assert made.not_before is not None
    assert made.not_after is not None
    assert made.next_renewal_at is not None
    share = (made.next_renewal_at - made.not_before) / (made.not_after - made.not_before)
    assert 0.63 <= share <= 2 / 3
