"""Versions, drift and roll-outs of configurations, with agents played by the conftest."""

from __future__ import annotations

import pytest
from serversctl.haproxy.rules import File, difference, regressions, wrong_files
from serversctl.haproxy.tables import HaproxyVersion
from serversctl.kernel.db import unit_of_work

from .conftest import APP, FIRST, MAIN, QUIET, Edges, fingerprint

EDITED = {**FIRST, APP: FIRST[APP] + "    server s2 10.0.0.2:80\n"}


def test_the_first_look_is_an_import_and_becomes_version_one(edges: Edges):
    current = edges.imported()

    assert (current["number"], current["origin"], current["state"], current["current"]) == (
        1,
        "imported",
        "applied",
        True,
    )
    assert current["fingerprint"] == fingerprint(FIRST)
    whole = edges.ask("GET", f"/api/haproxy/versions/{current['id']}")
    assert {row["path"]: row["text"] for row in whole["texts"]} == FIRST


def test_texts_are_sealed_and_viewers_do_not_read_them(edges: Edges):
    current = edges.imported()

    with unit_of_work(edges.api.wiring.sessions) as session:
        assert b"stats socket" not in session.query(HaproxyVersion).one().sealed
    viewer = edges.api.client_as("viewer")
    assert viewer.get(f"/api/haproxy/versions/{current['id']}").status_code == 403
    assert viewer.get(edges.member("/versions")).status_code == 200
    other = edges.api.other_tenant("admin")
    assert other.get(f"/api/haproxy/versions/{current['id']}").status_code == 404


def test_an_edit_is_a_version_with_its_difference_and_two_editors_do_not_overwrite_each_other(edges: Edges):
    base = edges.imported()["id"]
    mine = edges.save(base, EDITED, "A second server")
    body = {"baseVersionId": base, "files": [{"path": MAIN, "text": "global\n"}]}

    refused = edges.ask("POST", edges.member("/versions"), body, 409)

    assert (mine["number"], mine["state"], mine["reason"], mine["author"]["kind"]) == (
        2,
        "draft",
        "A second server",
        "user",
    )
    (changed,) = edges.ask("GET", f"/api/haproxy/versions/{mine['id']}/diff")["files"]
    assert (changed["path"], changed["change"], changed["added"], changed["removed"]) == (APP, "changed", 1, 0)
    assert "+    server s2 10.0.0.2:80" in changed["diff"]
    assert (refused["code"], refused["head"]["number"]) == ("config_changed", 2)
    assert {row["path"]: row["text"] for row in refused["files"]} == EDITED
    same = {"baseVersionId": mine["id"], "files": [{"path": p, "text": t} for p, t in EDITED.items()]}
    assert edges.ask("POST", edges.member("/versions"), same, 409)["code"] == "config_unchanged"


def test_a_check_keeps_where_it_is_wrong_and_the_version_is_not_applied(edges: Edges):
    bad = edges.save(edges.imported()["id"], {**FIRST, APP: "backend b\n    bogus on\n"})

    edges.ask("POST", f"/api/haproxy/versions/{bad['id']}/check", status=202)
    edges.work()

    check = edges.ask("GET", f"/api/haproxy/versions/{bad['id']}")["check"]
    assert (check["valid"], check["messages"][0]["path"], check["messages"][0]["line"]) == (False, APP, 2)
    refused = edges.ask("POST", f"/api/haproxy/versions/{bad['id']}/apply", {}, 409)
    assert refused["code"] == "config_known_invalid"
    assert edges.live[edges.ids[0]] == FIRST


def test_a_roll_out_checks_everywhere_first_and_takes_the_active_member_last(edges: Edges):
    edited = edges.save(edges.imported()["id"], EDITED)
    ids = [str(member_id) for member_id in edges.ids]

    flow = edges.ask("POST", f"/api/haproxy/versions/{edited['id']}/apply", {"members": ids, "soakSec": 5}, 202)
    edges.work()

    done = edges.ask("GET", f"/api/workflows/{flow['id']}")
    assert done["state"] == "completed", done
    active, standby = edges.ids
    assert [row for row in edges.ran if row[0] in {"haproxy.config_check", "haproxy.config_apply"}] == [
        ("haproxy.config_check", standby), ("haproxy.config_check", active),
        ("haproxy.config_apply", standby), ("haproxy.config_apply", active),
    ]  # fmt: skip
    assert edges.live == {active: EDITED, standby: EDITED}
    for number in range(2):
        current = edges.ask("GET", edges.member(number=number))["current"]
        assert (current["state"], current["fingerprint"]) == ("applied", fingerprint(EDITED))


def test_worse_traffic_on_one_member_takes_the_change_back_from_all(edges: Edges):
    edited = edges.save(edges.imported()["id"], EDITED)
    active, standby = edges.ids
    edges.samples[active] = [QUIET, {**QUIET, "errors5xx": 300}]

    body = {"members": [str(active), str(standby)], "soakSec": 5}
    flow = edges.ask("POST", f"/api/haproxy/versions/{edited['id']}/apply", body, 202)
    edges.work()

    done = edges.ask("GET", f"/api/workflows/{flow['id']}")
    failed = next(step for step in done["steps"] if step["state"] == "failed")
    assert (done["state"], failed["key"]) == ("undone", "compare-1")
    assert "5xx rose from 0.1% to 30.0%" in failed["error"]
    assert edges.live == {active: FIRST, standby: FIRST}
    version = edges.ask("GET", f"/api/haproxy/versions/{edited['id']}")
    assert (version["state"], version["current"]) == ("reverted", False)
    assert edges.ask("GET", edges.member())["current"]["number"] == 1


def test_a_standby_that_refuses_keeps_the_active_member_untouched(edges: Edges):
    edited = edges.save(edges.imported()["id"], EDITED)
    active, standby = edges.ids
    edges.refuses.add(standby)

    body = {"members": [str(active), str(standby)], "soakSec": 5}
    flow = edges.ask("POST", f"/api/haproxy/versions/{edited['id']}/apply", body, 202)
    edges.work()

    assert edges.ask("GET", f"/api/workflows/{flow['id']}")["state"] == "failed"
    assert ("haproxy.config_apply", active) not in edges.ran
    assert edges.live == {active: FIRST, standby: FIRST}
    assert edges.ask("GET", f"/api/haproxy/versions/{edited['id']}")["state"] == "failed"


def test_an_edit_on_the_host_is_drift_and_is_adopted_or_applied_over(edges: Edges):
    base = edges.imported()
    by_hand = {**FIRST, MAIN: FIRST[MAIN] + "    maxconn 9\n"}
    edges.live[edges.ids[0]] = by_hand
    edited = edges.save(base["id"], EDITED)

    flow = edges.ask("POST", f"/api/haproxy/versions/{edited['id']}/apply", {"soakSec": 5}, 202)
    edges.work()
    assert "edited it on the host" in edges.ask("GET", f"/api/workflows/{flow['id']}")["error"]
    assert edges.live[edges.ids[0]] == by_hand

    edges.ask("POST", edges.member("/import"), status=202)
    edges.work()
    (changed,) = edges.ask("GET", edges.member("/drift"))["files"]
    assert (changed["path"], changed["added"]) == (MAIN, 1)
    adopted = edges.ask("POST", edges.member("/adopt"), {"reason": "It was me"}, 201)
    assert (adopted["origin"], adopted["current"], adopted["fingerprint"]) == ("adopted", True, fingerprint(by_hand))
    assert edges.ask("POST", edges.member("/adopt"), {}, 409)["code"] == "nothing_to_adopt"

    edges.live[edges.ids[0]] = FIRST
    flow = edges.ask("POST", f"/api/haproxy/versions/{adopted['id']}/apply", {"soakSec": 5, "overwrite": True}, 202)
    edges.work()
    assert edges.live[edges.ids[0]] == by_hand


def test_members_of_other_pools_are_not_reached(edges: Edges):
    edited = edges.save(edges.imported()["id"], EDITED)
    body = {"members": ["00000000-0000-4000-8000-000000000000"], "soakSec": 5}

    assert edges.ask("POST", f"/api/haproxy/versions/{edited['id']}/apply", body, 422)["code"] == "member_not_in_pool"


@pytest.mark.parametrize(
    ("path", "text"),
    [("haproxy.cfg", "x"), ("/etc/haproxy/../x.cfg", "x"), ("/etc/haproxy/x", "x"), ("/etc/haproxy/a b.cfg", "x"),
     ("/etc/haproxy/.x.cfg", "x"), ("/etc/haproxy/haproxy.cfg", " \n")],
)  # fmt: skip
def test_files_that_no_host_takes_are_named(path: str, text: str):
    assert wrong_files([File(path, text)])


def test_a_file_twice_or_too_many_bytes_are_refused():
    assert wrong_files([File(MAIN, "a"), File(MAIN, "b")]) == {"files.1.path": ["This file is there twice."]}
    assert "bytes" in wrong_files([File(MAIN, "a" * 900_001)])["files"][0]
    assert wrong_files([])
    assert not wrong_files([File(MAIN, "a")])


def test_differences_name_added_and_removed_files():
    rows = difference(
        [File(MAIN, "a\n"), File(APP, "b\n")], [File(MAIN, "a\n"), File("/etc/haproxy/conf.d/20.cfg", "c\n")]
    )
    assert [(row["path"], row["change"]) for row in rows] == [(APP, "removed"), ("/etc/haproxy/conf.d/20.cfg", "added")]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (QUIET, QUIET, 0), (None, QUIET, 0), (QUIET, {**QUIET, "errors5xx": 100}, 1), (QUIET, {**QUIET, "errors5xx": 15}, 0),
        (QUIET, {**QUIET, "backendsDown": ["app"]}, 1), (None, {**QUIET, "backendsDown": ["app"]}, 1),
        ({**QUIET, "backendsDown": ["app"]}, {**QUIET, "backendsDown": ["app"]}, 0),
        (QUIET, {**QUIET, "sessionsPerSec": 10.0}, 1), (QUIET, {**QUIET, "requests": None, "errors5xx": None}, 0),
        ({**QUIET, "requests": 5}, {**QUIET, "errors5xx": 900}, 0), ({**QUIET, "sessionsPerSec": 1.0}, {**QUIET, "sessionsPerSec": 0.0}, 0),
    ],
)  # fmt: skip
def test_traffic_is_worse_only_when_it_is(before: dict[str, object] | None, after: dict[str, object], found: int):
    assert len(regressions(before, after)) == found
