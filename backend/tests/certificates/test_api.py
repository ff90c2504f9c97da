"""Certificates over HTTP: who may do what, what is shown, and that keys never are."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from serversctl.certificates import commands, orders, service
from serversctl.certificates.keys import new_key_pem
from serversctl.certificates.tables import Certificate, CertificateInstall
from serversctl.dns.tables import PoolDns, ProviderCredential
from serversctl.haproxy.rules import File
from serversctl.haproxy.service import versions
from serversctl.identity.audit import SYSTEM
from serversctl.jobs.catalogue import Catalogue
from serversctl.kernel.db import database_now, unit_of_work
from serversctl.kernel.errors import DomainError
from serversctl.members import service as members
from serversctl.members.tables import Member
from serversctl.pools.service import create_pool
from serversctl.pools.tables import Pool
from support.api import Api


@pytest.fixture
def pool_id(api: Api) -> str:
    api.wiring.hooks["jobs_catalogue"] = lambda: Catalogue(commands.COMMANDS)
    with unit_of_work(api.wiring.sessions) as session:
        return str(create_pool(session, api.mine.account_id, SYSTEM, name="edge", template="haproxy").id)


def ask(api: Api, pool_id: str, *names: str, role: str = "operator") -> Any:
    return api.client_as(role).post(f"/api/pools/{pool_id}/certificates", json={"names": list(names)} if names else {})


def link(api: Api, pool_id: str, fqdn: str = "lb.example.com") -> None:
    with unit_of_work(api.wiring.sessions) as session:
        now = database_now(session)
        key = ProviderCredential(
            account_id=api.mine.account_id, kind="powerdns", name=fqdn, config={}, sealed={}, hints={}, created_at=now
        )
        session.add(key)
        session.flush()
        session.add(
            PoolDns(
                account_id=api.mine.account_id,
                pool_id=session.get_one(Pool, UUID(pool_id)).id,
                credential_id=key.id,
                zone="example.com",
                label="lb",
                fqdn=fqdn,
                ttl=60,
                created_at=now,
                updated_at=now,
            )
        )


def test_asking_orders_the_job_that_gets_it(api: Api, pool_id: str):
    answer = ask(api, pool_id, "lb.example.com", "*.lb.example.com")
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["hostname"], body["names"], body["state"]) == (
        "lb.example.com", ["lb.example.com", "*.lb.example.com"], "new",
    )  # fmt: skip
    assert body["file"] == "/etc/haproxy/certs/lb.example.com.pem"
    job = api.client_as("viewer").get(f"/api/jobs/{body['jobId']}").get_json()
    assert (job["command"], job["params"]) == (commands.ISSUE, {"certificateId": body["id"]})


def test_without_names_it_is_for_the_pools_own_name(api: Api, pool_id: str):
    refused = ask(api, pool_id)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "pool_has_no_name")
    link(api, pool_id)
    made = ask(api, pool_id).get_json()
    assert (made["hostname"], made["poolNameMatches"]) == ("lb.example.com", True)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["*.example.com"], "give a host name first"),
        (["no blanks.example.com"], "no blanks"),
        (["localhost"], "full name"),
        (["-x.example.com"], "hyphens"),
        ([f"n{i}.example.com" for i in range(21)], ""),
        ([f"{'a.' * 126}com"], "at most 253"),
    ],
)
def test_names_that_no_certificate_can_have_are_refused(api: Api, pool_id: str, names: list[str], said: str):
    answer = ask(api, pool_id, *names)
    assert answer.status_code == 422
    body = answer.get_json()
    assert said in body["detail"] + str(body["errors"])
    assert "names" in str(body["errors"])


def test_a_second_one_for_the_same_host_is_refused(api: Api, pool_id: str):
    ask(api, pool_id, "lb.example.com")
    again = ask(api, pool_id, "LB.example.com.")
    assert (again.status_code, again.get_json()["code"]) == (409, "certificate_exists")


def test_viewers_read_and_do_not_ask(api: Api, pool_id: str):
    ask(api, pool_id, "lb.example.com")
    assert ask(api, pool_id, "b.example.com", role="viewer").status_code == 403
    listed = api.client_as("viewer").get(f"/api/pools/{pool_id}/certificates").get_json()
    assert [row["hostname"] for row in listed["items"]] == ["lb.example.com"]


def test_another_accounts_certificate_does_not_exist(api: Api, pool_id: str):
    made = ask(api, pool_id, "lb.example.com").get_json()
    stranger = api.other_tenant()
    for call in (stranger.get, stranger.delete):
        assert call(f"/api/certificates/{made['id']}").status_code == 404
    assert stranger.post(f"/api/certificates/{made['id']}/renew").status_code == 404
    assert stranger.get(f"/api/pools/{pool_id}/certificates").status_code == 404


def issued(api: Api, certificate_id: str) -> str:
    """As if the job had stored it; the key."""
    key = new_key_pem()
    with unit_of_work(api.wiring.sessions) as session:
        row = session.get_one(Certificate, UUID(certificate_id))
        now = database_now(session)
        row.chain_pem, row.fingerprint = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", "ab" * 32
        row.key_sealed = api.wiring.sealer.seal(key, orders.key_context(row.id))
        row.not_before = row.not_after = now
    return key


def test_keys_are_in_no_answer(api: Api, pool_id: str):
    made = ask(api, pool_id, "lb.example.com").get_json()
    key = issued(api, made["id"])
    client = api.client_as("owner")
    pages = [
        client.get(f"/api/certificates/{made['id']}"),
        client.get(f"/api/pools/{pool_id}/certificates"),
        client.post(f"/api/certificates/{made['id']}/renew"),
        client.post(f"/api/certificates/{made['id']}/install", json={}),
        client.get("/api/audit"),
    ]
    with unit_of_work(api.wiring.sessions) as session:
        sealed = session.get_one(Certificate, UUID(made["id"])).key_sealed
    for page in pages:
        assert page.status_code < 300
        assert "PRIVATE KEY" not in page.text
        assert key.splitlines()[1] not in page.text
        assert str(sealed) not in page.text


def test_renewing_orders_the_forced_renewal(api: Api, pool_id: str):
    made = ask(api, pool_id, "lb.example.com").get_json()
    job = api.client_as("operator").post(f"/api/certificates/{made['id']}/renew")
    assert (job.status_code, job.get_json()["command"]) == (202, commands.RENEW)


def test_a_certificate_follows_the_pools_name(api: Api, pool_id: str):
    made = ask(api, pool_id, "old.example.com", "*.old.example.com", "www.example.com").get_json()
    client = api.client_as("operator")
    path = f"/api/certificates/{made['id']}"
    assert client.post(f"{path}/sync-domain").get_json()["code"] == "pool_has_no_name"
    link(api, pool_id)
    job = client.post(f"{path}/sync-domain")
    assert (job.status_code, job.get_json()["command"]) == (202, commands.RENEW)
    shown = client.get(path).get_json()
    assert shown["names"] == ["lb.example.com", "*.lb.example.com", "www.example.com"]
    assert shown["file"].endswith("/lb.example.com.pem")
    assert client.post(f"{path}/sync-domain").get_json()["code"] == "certificate_name_same"


def test_the_configuration_gets_its_line_as_a_draft(api: Api, pool_id: str):
    made = ask(api, pool_id, "lb.example.com").get_json()
    path = f"/api/certificates/{made['id']}/configure"
    client = api.client_as("operator")
    with unit_of_work(api.wiring.sessions) as session:
        pool = session.get_one(Pool, UUID(pool_id))
        member = members.create_member(
            session, pool, SYSTEM, hostname="lb1.example.com", allowed_ips=["203.0.113.10"], template="haproxy_edge",
            linux_family="debian",
        ).member  # fmt: skip
        member_id = member.id
    wish = {"memberId": str(member_id)}
    assert client.post(path, json=wish).get_json()["code"] == "certificate_not_installed"
    with unit_of_work(api.wiring.sessions) as session:
        session.add(
            CertificateInstall(
                certificate_id=UUID(made["id"]),
                member_id=member_id,
                state="installed",
                fingerprint="",
                failures=0,
                detail="",
                changed_at=database_now(session),
            )
        )
    assert client.post(path, json=wish).get_json()["code"] == "config_not_imported"
    config = File("/etc/haproxy/haproxy.cfg", "frontend web\n    bind :80\n")
    with unit_of_work(api.wiring.sessions) as session:
        member = session.get_one(Member, member_id)
        versions.write(session, api.wiring.sealer, member, [config], origin="imported", actor=SYSTEM, state="applied")
    answer = client.post(path, json=wish)
    assert answer.status_code == 201, answer.get_json()
    version = client.get(f"/api/haproxy/versions/{answer.get_json()['versionId']}").get_json()
    assert (version["origin"], version["state"]) == ("certificate", "draft")
    assert "bind :443 ssl crt /etc/haproxy/certs/lb.example.com.pem" in version["texts"][0]["text"]
    assert client.post(path, json=wish).get_json()["code"] == "certificate_in_use"
    assert api.other_tenant().post(path, json=wish).status_code == 404


def test_deleting_is_audited_and_final(api: Api, pool_id: str):
    made = ask(api, pool_id, "lb.example.com").get_json()
    client = api.client_as("operator")
    assert client.delete(f"/api/certificates/{made['id']}").status_code == 204
    assert client.get(f"/api/certificates/{made['id']}").status_code == 404
    actions = [entry["action"] for entry in api.client_as("owner").get("/api/audit").get_json()["items"]]
    assert {"certificate.create", "certificate.delete"} <= set(actions)


def test_the_last_error_and_the_members_are_shown(api: Api, pool_id: str):
    made = ask(api, pool_id, "lb.example.com").get_json()
    with unit_of_work(api.wiring.sessions) as session:
        pool = session.get_one(Pool, UUID(pool_id))
        member = members.create_member(
            session, pool, SYSTEM, hostname="lb1.example.com", allowed_ips=["203.0.113.10"], template="haproxy_edge",
            linux_family="debian",
        ).member  # fmt: skip
        row = service.find(session, api.mine.account_id, UUID(made["id"]))
        orders.failed(session, row, uuid4(), DomainError("acme_challenge_failed", "The authority could not prove it."))
        session.add(
            CertificateInstall(
                certificate_id=row.id,
                member_id=member.id,
                state="failed",
                fingerprint="",
                failures=1,
                detail="HAProxy does not take it",
                changed_at=database_now(session),
            )
        )
        member_id = str(member.id)
    shown = api.client_as("viewer").get(f"/api/certificates/{made['id']}").get_json()
    assert (shown["state"], shown["lastError"]["code"], shown["failures"]) == ("failing", "acme_challenge_failed", 1)
    [install] = shown["installs"]
    assert (install["memberId"], install["state"], install["current"]) == (member_id, "failed", False)
    mine = api.client_as("viewer").get(f"/api/members/{member_id}/certificates").get_json()
    assert [row["hostname"] for row in mine["items"]] == ["lb.example.com"]
    assert mine["poolName"] is None
    own = api.client_as("operator").post(f"/api/members/{member_id}/certificates", json={}).get_json()
    assert (own["hostname"], own["memberId"]) == ("lb1.example.com", member_id)
    assert own["file"] == "/etc/ssl/serversctl/lb1.example.com.pem"


def test_lists_come_in_pages(api: Api, pool_id: str):
    for number in range(3):
        assert ask(api, pool_id, f"h{number}.example.com").status_code == 201
    client = api.client_as("viewer")
    first = client.get(f"/api/pools/{pool_id}/certificates?limit=2").get_json()
    second = client.get(f"/api/pools/{pool_id}/certificates?limit=2&cursor={first['nextCursor']}").get_json()
    names = [row["hostname"] for row in [*first["items"], *second["items"]]]
    assert names == ["h2.example.com", "h1.example.com", "h0.example.com"]
    assert second["nextCursor"] is None
