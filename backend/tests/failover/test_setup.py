"""The checklist of a pool, and the last moves of all pools."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from serversctl.dns import credentials
from serversctl.dns.tables import PoolDns
from serversctl.failover.tables import FailoverEvent, FailoverSettings
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.sealed import Sealer
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy import delete
from support.api import SECRET_KEY

from .conftest import PAST, Site


def steps(site: Site) -> dict[str, Any]:
    answer = site.api.client_as("viewer").get(f"/api/pools/{site.pool_id}/setup")
    assert answer.status_code == 200, answer.text
    found = answer.get_json()
    assert found["complete"] is all(step["done"] for step in found["steps"])
    return {step["id"]: step for step in found["steps"]}


def done(site: Site) -> list[str]:
    return [name for name, step in steps(site).items() if step["done"]]


def change(site: Site, act: Any) -> Any:
    with unit_of_work(site.api.wiring.sessions) as session:
        return act(session)


def save_key(site: Site, **how: Any) -> UUID:
    values = {"api_url": "https://127.0.0.1:9/", "api_key": "nobodys-key"}
    account = site.api.mine.account_id
    return change(
        site,
        lambda session: credentials.create(
            session, Sealer(SECRET_KEY), account, kind="powerdns", name="ns1", values=values, **how
        ).id,
    )  # fmt: skip


def link(site: Site, **held: Any) -> None:
    key = save_key(site)
    row = PoolDns(
        account_id=site.api.mine.account_id, pool_id=site.pool_id, credential_id=key, zone="example.com", label="lb",
        fqdn="lb.example.com", ttl=60, owned=[], created_at=PAST, updated_at=PAST, **held,
    )  # fmt: skip
    change(site, lambda session: session.add(row))


IN_SYNC = {"state": "in_sync", "verified": True, "wanted": {"A": ["198.51.100.1"]}, "observed": {"A": ["198.51.100.1"]}}


def test_an_empty_pool_needs_everything(site: Site) -> None:
    change(site, lambda session: session.execute(delete(Member)))
    change(site, lambda session: setattr(session.get_one(Pool, site.pool_id), "active_member_id", None))
    found = steps(site)
    assert list(found) == ["dns", "member", "hostname", "active", "standby", "auto"]
    assert done(site) == []
    assert found["member"]["detail"] == "Enrol the first member."


def test_a_pool_that_is_ready_for_the_night(site: Site) -> None:
    link(site, **IN_SYNC)
    change(
        site,
        lambda session: session.add(
            FailoverSettings(pool_id=site.pool_id, account_id=site.api.mine.account_id, auto=True)
        ),
    )
    found = steps(site)
    assert done(site) == ["dns", "member", "hostname", "active", "standby", "auto"]
    assert found["hostname"]["detail"] == "lb.example.com holds 198.51.100.1."
    assert found["standby"]["detail"] == "lb2, lb3 could take over now."


def test_a_key_alone_is_the_first_step_and_one_for_account_operations_is_not(site: Site) -> None:
    save_key(site, scope="account")
    assert "dns" not in done(site)
    change(site, lambda session: session.execute(delete(credentials.ProviderCredential)))
    save_key(site)
    assert "dns" in done(site)
    assert "hostname" not in done(site)


def test_a_name_whose_own_servers_say_otherwise_is_not_done(site: Site) -> None:
    link(site, **{**IN_SYNC, "verified": False})
    assert steps(site)["hostname"]["done"] is False


def test_a_name_before_its_first_record_waits_for_an_active_member(site: Site) -> None:
    link(site)
    assert "written when a member becomes active" in steps(site)["hostname"]["detail"]


def test_an_enrolled_member_counts_when_it_was_heard(site: Site) -> None:
    change(site, lambda session: session.query(Member).update({"first_seen_at": None}))
    site.liveness.flush()
    found = steps(site)["member"]
    assert (found["done"], found["detail"]) == (
        False,
        "lb1, lb2, lb3 did not report in yet: run the install command there.",
    )


def test_a_silent_active_member_and_unready_standbys_are_said(site: Site) -> None:
    site.beat(40, 2)  # only the third is heard
    found = steps(site)
    assert found["active"]["done"] is False
    assert found["active"]["detail"].startswith("lb1 is active and not heard.")
    assert found["standby"]["detail"] == "lb3 could take over now."
    site.beat(40, 0)
    assert steps(site)["standby"]["detail"].startswith("lb2 is not ready. Heard 8")


def test_a_pause_is_not_automation(site: Site) -> None:
    account = site.api.mine.account_id
    row = FailoverSettings(pool_id=site.pool_id, account_id=account, auto=True, paused=True, paused_reason="patching")
    change(site, lambda session: session.add(row))
    assert steps(site)["auto"]["detail"] == "Automatic failover is paused for maintenance."


def test_a_generic_pool_needs_a_member_and_nothing_else(site: Site) -> None:
    change(site, lambda session: setattr(session.get_one(Pool, site.pool_id), "template", "generic"))
    assert list(steps(site)) == ["member"]
    assert done(site) == ["member"]


def test_the_moves_of_all_pools_come_in_pages_newest_first(site: Site) -> None:
    def second(session: Any) -> UUID:
        pool = Pool(account_id=site.api.mine.account_id, name="second", template="haproxy", created_at=PAST)
        session.add(pool)
        session.flush()
        return pool.id

    other = change(site, second)
    for epoch, pool_id in enumerate((site.pool_id, other, site.pool_id), 1):
        row = FailoverEvent(
            account_id=site.api.mine.account_id, pool_id=pool_id, epoch=epoch, kind="manual", state="done",
            reason="ordered", sentences=[], evidence={}, ordered_by="ann", to_member_id=site.members[0], to_name="lb1",
            to_addresses={}, created_at=PAST.replace(day=epoch),
        )  # fmt: skip
        change(site, lambda session, row=row: session.add(row))
    viewer = site.api.client_as("viewer")
    first = viewer.get("/api/failover/events?limit=2").get_json()
    assert [(one["poolName"], one["epoch"]) for one in first["items"]] == [("edge", 3), ("second", 2)]
    rest = viewer.get("/api/failover/events", query_string={"limit": 2, "cursor": first["nextCursor"]}).get_json()
    assert [(one["poolName"], one["epoch"]) for one in rest["items"]] == [("edge", 1)]
    assert rest["nextCursor"] is None
    assert site.api.other_tenant().get("/api/failover/events").get_json()["items"] == []
