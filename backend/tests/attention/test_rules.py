"""What deserves attention and how much, from values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from serversctl.attention.rules import (
    ITEMS_MAX,
    Item,
    Kind,
    MemberSeen,
    PoolSeen,
    Severity,
    certificate_item,
    member_items,
    move_item,
    outdated_items,
    record_items,
    worst_first,
)
from serversctl.failover.rules.warnings import Certificate

NOW = datetime(2026, 1, 2, tzinfo=UTC)
POOL = PoolSeen("p1", "edge", haproxy=True, active_id="m1")


def member(key: str = "m1", **how: Any) -> MemberSeen:
    return MemberSeen(key, f"lb{key[1:]}", POOL, **how)


def kinds(**how: Any) -> list[tuple[str, str]]:
    return [(item.kind.value, item.severity.value) for item in member_items(member(**how), NOW)]


def test_a_member_in_good_standing_is_not_mentioned() -> None:
    far = Certificate("lb.example.com", NOW + timedelta(days=15))
    assert kinds(agent_version=7, certificate=far, heard_at=NOW) == []


def test_a_silent_member_is_critical_and_its_haproxy_old_news() -> None:
    (item,) = member_items(member(down=True, haproxy_inactive=True, heard_at=NOW), NOW)
    assert (item.severity, item.kind, item.since, item.link) == (
        Severity.CRITICAL, Kind.MEMBER_DOWN, NOW, "/pools/p1/members/m1/control-panel",
    )  # fmt: skip
    assert item.text == "The active member lb1 is not heard any more."


def test_haproxy_down_is_worse_on_the_active_member() -> None:
    assert kinds(haproxy_inactive=True) == [("haproxy_inactive", "critical")]
    assert kinds(key="m2", haproxy_inactive=True) == [("haproxy_inactive", "warning")]


@pytest.mark.parametrize(("days", "severity"), [(-1, "critical"), (3, "critical"), (10, "warning")])
def test_a_certificate_near_its_end_is_told(days: int, severity: str) -> None:
    soon = Certificate("lb.example.com", NOW + timedelta(days=days, hours=1))
    assert kinds(certificate=soon) == [("certificate", severity)]


def test_two_hosts_with_one_secret_are_critical() -> None:
    assert kinds(clone_suspected=True) == [("clone_suspected", "critical")]


def test_old_agents_are_one_line_for_each_pool() -> None:
    old = [member(f"m{n}", agent_version=6) for n in range(1, 6)]
    (item,) = outdated_items([*old, member("m9", agent_version=7), member("m8")], 7)
    assert item.text == "The agent of lb1, lb2, lb3 and 2 more is older than version 7."
    assert (item.member_id, item.link) == (None, "/pools/p1/members")
    (alone,) = outdated_items(old[:1], 7)
    assert (alone.member_id, alone.link) == ("m1", "/pools/p1/members/m1/control-panel")
    assert list(outdated_items(old, 0)) == []


@pytest.mark.parametrize(
    ("state", "colour", "found"),
    [
        ("in_sync", "green", []), ("unknown", None, []), ("in_sync", "amber", []),
        ("conflict", "green", [("dns_conflict", "critical")]), ("error", None, [("dns_error", "critical")]),
        ("drift", "green", [("dns_drift", "warning")]), ("in_sync", "red", [("dns_preflight", "critical")]),
        ("drift", "red", [("dns_drift", "warning"), ("dns_preflight", "critical")]),
    ],
)  # fmt: skip
def test_a_name_is_told_of_by_its_state_and_its_test(state: str, colour: str | None, found: list[Any]) -> None:
    items = record_items(POOL, fqdn="lb.example.com", state=state, detail="d", colour=colour, why="w")
    assert [(item.kind.value, item.severity.value) for item in items] == found


@pytest.mark.parametrize(
    ("state", "age_sec", "acknowledged_sec", "kind"),
    [
        ("switching", 59, None, None), ("switching", 61, None, "cutover_slow"), ("deciding", 61, None, "cutover_slow"),
        ("failed", 1, None, "cutover_failed"), ("failed", 100, 50, None), ("failed", 100, 150, "cutover_failed"),
        ("done", 500, None, None), ("superseded", 500, None, None),
    ],
)  # fmt: skip
def test_a_move_is_told_while_it_failed_or_lasts(
    state: str, age_sec: int, acknowledged_sec: int | None, kind: str | None
) -> None:
    acknowledged = None if acknowledged_sec is None else NOW - timedelta(seconds=acknowledged_sec)
    item = move_item(
        POOL, event_id="e", state=state, to="lb2", at=NOW - timedelta(seconds=age_sec), now=NOW,
        acknowledged_at=acknowledged,
    )  # fmt: skip
    assert (item.kind.value if item else None) == kind


def test_the_worst_comes_first_then_what_lasts_longest() -> None:
    def item(severity: Severity, kind: Kind, since: datetime | None = None) -> Item:
        return Item(severity, kind, "", "", "/", since=since)

    late, early = NOW, NOW - timedelta(days=1)
    given = [
        item(Severity.WARNING, Kind.HOLD),
        item(Severity.CRITICAL, Kind.CERTIFICATE),
        item(Severity.CRITICAL, Kind.MEMBER_DOWN),
        item(Severity.CRITICAL, Kind.MEMBER_DOWN, late),
        item(Severity.CRITICAL, Kind.MEMBER_DOWN, early),
    ]
    shown, more = worst_first(given)
    assert shown == [given[4], given[3], given[2], given[1], given[0]]
    assert not more


def test_the_list_is_bounded_and_says_so() -> None:
    items = [Item(Severity.WARNING, Kind.HOLD, str(n), "", "/") for n in range(ITEMS_MAX + 1)]
    shown, more = worst_first(items)
    assert (len(shown), more) == (ITEMS_MAX, True)
    assert worst_first(items[:-1])[1] is False


@pytest.mark.parametrize(
    ("error", "ends_in_days", "late", "soon", "severity", "said"),
    [
        ("", 60, False, False, None, ""),
        ("no zone", 60, False, False, None, ""),
        ("no zone", None, False, False, Severity.WARNING, "cannot be issued"),
        ("no zone", 20, True, False, Severity.WARNING, "cannot be renewed"),
        ("no zone", 5, True, True, Severity.CRITICAL, "cannot be renewed"),
        ("", -1, True, True, Severity.CRITICAL, "ended"),
    ],
)
def test_a_certificate_is_shown_when_somebody_has_to_do_something(
    error: str, ends_in_days: int | None, late: bool, soon: bool, severity: Severity | None, said: str
) -> None:
    not_after = None if ends_in_days is None else NOW + timedelta(days=ends_in_days)
    item = certificate_item(
        POOL, hostname="lb.example.com", error=error, not_after=not_after, late=late,
        soon=soon, now=NOW,
    )  # fmt: skip
    assert (item.severity if item else None) == severity
    assert said in (item.text if item else "")
    assert item is None or (item.fix and item.link == "/pools/p1/certificates")
