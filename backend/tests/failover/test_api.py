"""Failover over HTTP: settings, cutover, what if, timeline, holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from serversctl.failover.api import reports
from serversctl.failover.ports import DnsFacts
from serversctl.failover.reports import KeptReports
from serversctl.failover.rules.warnings import Report
from serversctl.failover.service.holding import hold
from serversctl.failover.store import SqlStore
from serversctl.failover.tables import FailoverHold, FailoverSettings
from serversctl.kernel.db import database_now, unit_of_work
from serversctl.notifications.tables import Delivery
from sqlalchemy import Engine

from .conftest import Site


def test_a_new_pool_has_automation_off_and_thirty_seconds(site: Site) -> None:
    found = site.call("GET").get_json()
    assert (found["auto"], found["recoverySec"], found["probe"]["kind"], found["failback"]) == (
        False,
        30,
        "none",
        "manual",
    )
    assert (found["decision"]["kind"], found["decision"]["reason"], found["holds"]) == ("stay", "healthy", [])
    standby = found["decision"]["members"][1]
    assert standby["ready"] is True
    assert {gate["name"] for gate in standby["gates"]} >= {"heartbeat", "unbroken", "haproxy", "address", "jobs"}


def test_a_warning_is_shown_and_does_not_make_a_standby_unready(site: Site) -> None:
    site.reports |= {site.members[1]: Report("f2", 6, memory_pct=95.0), site.members[0]: Report("f1", 7)}
    shown = {row["memberId"]: row for row in site.call("GET").get_json()["decision"]["members"]}
    active, standby = (shown[str(member)] for member in site.members[:2])
    warned = [gate for gate in standby["gates"] if gate["name"] in {"configuration", "agent", "memory"}]
    assert [(gate["passed"], gate["blocking"]) for gate in warned] == [(False, False)] * 3
    assert (standby["ready"], active["ready"]) == (True, True)
    assert not {gate["name"] for gate in active["gates"]} & {"configuration", "agent", "memory"}


def test_the_next_standby_of_a_cutover_is_the_one_without_warnings(site: Site) -> None:
    site.reports[site.members[1]] = Report(memory_pct=95.0)
    assert simulated(site)["toMemberId"] == str(site.members[2])
    ordered = site.call("POST", "/cutover", {}).get_json()
    assert ordered["toMemberId"] == str(site.members[2]), ordered


def test_a_store_that_is_away_is_not_asked_twice(site: Site) -> None:
    asked: list[Any] = []
    site.api.wiring.hooks["host_reports"] = lambda: SimpleNamespace(latest_agent=7, of=asked.append)
    with site.liveness.away():
        assert site.call("GET").status_code == 200
    assert asked == []


def simulated(site: Site) -> Any:
    site.call("PUT", body={"auto": True})
    return site.call("POST", "/simulate", {"dead": [str(site.members[0])]}).get_json()


def test_reports_are_asked_for_with_one_memory_for_the_whole_process(site: Site) -> None:
    del site.api.wiring.hooks["host_reports"]
    with site.api.app.test_request_context():
        assert reports() is reports()
    assert isinstance(site.api.wiring.hooks["host_reports"](), KeptReports)


def test_settings_are_kept_field_by_field(site: Site) -> None:
    probe = {"kind": "http", "port": 8080, "path": "/up", "hostHeader": "www.example.net"}
    assert site.call("PUT", body={"auto": True, "recoverySec": 10, "probe": probe}).status_code == 200
    found = site.call("PUT", body={"bannerSec": 60}).get_json()
    assert (found["auto"], found["recoverySec"], found["probe"], found["bannerSec"]) == (True, 10, probe, 60)


def test_settings_that_somebody_else_changed_meanwhile_are_not_overwritten(site: Site) -> None:
    read = site.call("GET").get_json()["revision"]
    theirs = site.call("PUT", body={"recoverySec": 60, "revision": read})
    mine = site.call("PUT", body={"recoverySec": 10, "revision": read})
    assert (theirs.status_code, theirs.get_json()["revision"]) == (200, read + 1)
    assert (mine.status_code, mine.get_json()["code"], mine.get_json()["revision"]) == (
        409, "settings_changed", read + 1,
    )  # fmt: skip
    assert site.call("GET").get_json()["recoverySec"] == 60
    assert site.call("PUT", body={"recoverySec": 10, "revision": read + 1}).status_code == 200


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"recoverySec": 9}, "recoverySec"), ({"recoverySec": 121}, "recoverySec"), ({"recoverySec": -1}, "recoverySec"),
        ({"recoverySec": "30"}, "recoverySec"), ({"recoverySec": 30.5}, "recoverySec"), ({"auto": "yes"}, "auto"),
        ({"auto": 1}, "auto"), ({"what": 1}, "what"), ({"failback": "soon"}, "failback"), ({"stableSec": 299}, "stableSec"),
        ({"probe": {"kind": "icmp"}}, "probe"), ({"probe": {"kind": "tcp", "port": 0}}, "probe"),
        ({"probe": {"kind": "http", "path": "no-slash"}}, "probe"),
        ({"probe": {"kind": "http", "path": "/a b"}}, "probe"),
        ({"probe": {"kind": "http", "hostHeader": "a\r\nX: y"}}, "probe"),
        ({"probe": {"port": 443}}, "probe"), ({"preferredMemberId": "x"}, "preferredMemberId"),
        ({"preferredMemberId": str(UUID(int=5))}, "preferredMemberId"),
        ({"failback": "auto", "preferredMemberId": None}, "preferredMemberId"), ({"bannerSec": -1}, "bannerSec"),
        ({"revision": -1}, "revision"), ({"revision": "1"}, "revision"),
    ],
)  # fmt: skip
def test_bad_settings_say_which_field_and_change_nothing(site: Site, body: Any, where: str) -> None:
    answer = site.call("PUT", body=body)
    assert answer.status_code == 422
    assert any(name.startswith(where) for name in answer.get_json()["errors"]), answer.get_json()
    with unit_of_work(site.api.wiring.sessions) as session:
        assert session.get(FailoverSettings, site.pool_id) is None


def test_the_community_plan_keeps_two_minutes(engine: Engine, clock: Any, site: Site) -> None:
    site.api.wiring.settings = type(site.api.wiring.settings)(
        data_dir=site.api.wiring.settings.data_dir, secret_key=site.api.wiring.settings.secret_key, tls="off",
        edition="hosted",
    )  # fmt: skip
    assert site.call("GET").get_json()["recoverySec"] == 120
    refused = site.call("PUT", body={"recoverySec": 30})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "plan_locked")
    assert site.call("PUT", body={"auto": True, "recoverySec": 120}).status_code == 200
    assert site.call("PUT", body={"bannerSec": 7201}).status_code == 403


def test_a_cutover_takes_the_next_ready_standby(site: Site) -> None:
    answer = site.call("POST", "/cutover", {})
    assert answer.status_code == 202
    event = answer.get_json()
    assert (event["kind"], event["state"], event["fromName"]) == ("manual", "switching", "lb1")
    assert event["toMemberId"] in {str(site.members[1]), str(site.members[2])}
    found = site.call("GET").get_json()
    assert (found["activeMemberId"], found["epoch"], found["switching"], found["banner"]) == (
        event["toMemberId"], 1, True, True,
    )  # fmt: skip
    detail = site.call("GET", f"/events/{event['id']}").get_json()
    assert [entry["kind"] for entry in detail["timeline"]] == ["decided"]
    assert {member["name"] for member in detail["evidence"]["members"]} == {"lb1", "lb2", "lb3"}
    incident = site.call("GET", f"/events/{event['id']}/incident").get_json()
    assert {"failover.decided", "news.failover.promoted", "audit.failover.promoted"} <= {
        line["kind"] for line in incident["timeline"]
    }


def test_an_incident_says_who_was_told_and_whether_it_got_through(site: Site) -> None:
    event = site.call("POST", "/cutover", {}).get_json()
    with unit_of_work(site.api.wiring.sessions) as session:
        at = database_now(session)
        for number, (state, pool_id) in enumerate(
            (("sent", site.pool_id), ("failed", site.pool_id), ("sent", uuid4()))
        ):
            session.add(
                Delivery(
                    account_id=site.api.mine.account_id, pool_id=pool_id, channel_kind="email", dedupe_id=str(number),
                    recipient="ops@example.com", kind="failover.promoted", message={"subject": f"Failover {number}"},
                    happened_at=at, state=state, created_at=at, sent_at=at if state == "sent" else None,
                    last_error=None if state == "sent" else "The server refused the recipient.",
                )
            )  # fmt: skip
    lines = site.call("GET", f"/events/{event['id']}/incident").get_json()["timeline"]
    told = {line["text"]: line for line in lines if line["kind"].startswith("message.")}
    assert {text: line["kind"] for text, line in told.items()} == {
        "Failover 0": "message.sent", "Failover 1": "message.failed",
    }  # fmt: skip
    assert told["Failover 1"]["details"]["lastError"] == "The server refused the recipient."


def test_a_cutover_to_a_silent_member_needs_force_and_says_why(site: Site) -> None:
    site.beat(5, 0, 1)
    order = {"memberId": str(site.members[2])}
    refused = site.call("POST", "/cutover", order)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "member_not_ready")
    assert refused.get_json()["gates"][0]["name"] == "heartbeat"
    forced = site.call("POST", "/cutover", {**order, "force": True})
    assert forced.status_code == 202
    detail = site.call("GET", f"/events/{forced.get_json()['id']}").get_json()
    assert detail["evidence"]["forced"] is True


def test_a_short_run_only_warns_a_person(site: Site) -> None:
    site.beat(6, 0, 1)
    site.beat(3)
    answer = site.call("POST", "/cutover", {"memberId": str(site.members[2])})
    assert answer.status_code == 202
    assert any("without a gap" in sentence for sentence in answer.get_json()["sentences"])


def test_nobody_ready_is_a_conflict_with_reasons(site: Site) -> None:
    site.beat(5, 0)
    answer = site.call("POST", "/cutover", {})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_candidate")
    assert "lb2: Heard 5.0 s ago." in answer.get_json()["detail"]


def test_force_does_not_publish_an_address_that_clients_cannot_reach(site: Site) -> None:
    site.api.wiring.hooks["dns_facts"] = lambda: {site.pool_id: DnsFacts(internal=False)}
    answer = site.call("POST", "/cutover", {"memberId": str(site.members[1]), "force": True})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "member_not_publishable")


def test_the_active_member_cannot_be_made_active(site: Site) -> None:
    answer = site.call("POST", "/cutover", {"memberId": str(site.members[0])})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "already_active")


def test_members_and_events_of_others_are_not_there(site: Site) -> None:
    assert site.call("POST", "/cutover", {"memberId": str(uuid4())}).status_code == 404
    assert site.call("GET", f"/events/{uuid4()}").status_code == 404
    for path in ("", "/events"):
        assert site.api.other_tenant().get(site.path + path).status_code == 404


def test_what_if_uses_the_same_decision_and_changes_nothing(site: Site) -> None:
    site.call("PUT", body={"auto": True})
    found = site.call("POST", "/simulate", {"dead": [str(site.members[0])]}, role="viewer").get_json()
    assert (found["kind"], found["reason"]) == ("promote", "silent")
    assert "lb1 is taken as dead." in found["sentences"]
    both = [str(member) for member in site.members]
    assert site.call("POST", "/simulate", {"dead": both}).get_json()["kind"] == "no_candidate"
    assert site.call("POST", "/simulate", {}).get_json()["kind"] == "stay"
    assert site.call("GET").get_json()["epoch"] == 0
    assert site.call("POST", "/simulate", {"dead": [str(uuid4())]}).status_code == 422


def test_without_a_monitor_the_page_says_so(site: Site) -> None:
    site.call("PUT", body={"auto": True})
    with unit_of_work(site.api.wiring.sessions) as session:
        from serversctl.failover.tables import MonitorLease

        session.get_one(MonitorLease, "failover").released = True
    found = site.call("POST", "/simulate", {"dead": [str(site.members[0])]}).get_json()
    assert (found["kind"], found["reason"]) == ("hold", "blackout")
    assert "serversctl monitor" in found["sentences"][0]


def test_a_lost_heartbeat_store_is_said_and_nobody_is_called_dead(site: Site) -> None:
    with site.liveness.away():
        found = site.call("GET").get_json()
    assert "Redis" in found["decision"]["weather"]["blackout"]
    assert found["decision"]["kind"] == "stay"


def test_maintenance_pauses_until_its_end_and_a_past_end_is_refused(site: Site) -> None:
    site.call("PUT", body={"auto": True})
    assert site.call("POST", "/maintenance", {"paused": True, "until": "2020-01-01T00:00:00Z"}).status_code == 422
    shown = site.call("POST", "/maintenance", {"paused": True, "until": "2099-01-01T00:00:00Z", "reason": "new switch"})
    assert shown.get_json()["maintenance"]["reason"] == "new switch"
    dead = {"dead": [str(site.members[0])]}
    assert site.call("POST", "/simulate", dead).get_json()["reason"] == "paused"
    site.call("POST", "/maintenance", {"paused": False})
    assert site.call("POST", "/simulate", dead).get_json()["kind"] == "promote"


def test_acknowledging_lifts_every_hold(site: Site) -> None:
    with unit_of_work(site.api.wiring.sessions) as session:
        account = site.api.mine.account_id
        hold(session, pool_id=site.pool_id, account_id=account, reason="flapping", sentence="Three in an hour.")
    assert [held["reason"] for held in site.call("GET").get_json()["holds"]] == ["flapping"]
    assert site.call("POST", "/acknowledge").get_json()["holds"] == []
    with unit_of_work(site.api.wiring.sessions) as session:
        assert session.query(FailoverHold).count() == 0


def test_events_come_in_pages_newest_first(site: Site) -> None:
    for number in (1, 2, 0):
        site.call("POST", "/cutover", {"memberId": str(site.members[number])})
    first = site.call("GET", "/events?limit=2").get_json()
    assert [event["epoch"] for event in first["items"]] == [3, 2]
    second = site.call("GET", f"/events?limit=2&cursor={first['nextCursor']}").get_json()
    assert ([event["epoch"] for event in second["items"]], second["nextCursor"]) == ([1], None)
    assert SqlStore(site.api.wiring.sessions).open_intents()[0].epoch == 3
