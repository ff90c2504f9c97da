"""Make active and Cut DNS: the dialog says what will happen, and afterwards diagram, card and name server agree."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.pages.frame import Frame
from e2e.pages.pool import PoolPage
from e2e.showcase.scene import Scene
from e2e.stage import until

from .visitor import Visitor


def test_make_active_shows_both_addresses_and_moves_diagram_card_and_record(
    visitor: Visitor, build: Scene, pair: tuple[str, str]
) -> None:
    first, second = pair
    page = PoolPage(visitor.open(f"/pools/{build.pools['pair']}"))
    page.expect_active(first, build.addresses[first])

    page.make_active(second).click()
    question = page.question(second)
    expect(question).to_contain_text(build.addresses[first])
    expect(question).to_contain_text(build.addresses[second])
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.confirm(second).click()

    page.expect_active(second, build.addresses[second])
    until(
        lambda: build.place.dns.dig("pair.example.net"),
        good=lambda seen: seen == (build.addresses[second],),
        within_sec=20,
        what="dig agrees with the page",
    )
    visitor.page.get_by_role("link", name="Open the event").click()
    expect(visitor.page.get_by_text(build.addresses[second]).first).to_be_visible()


def test_cancel_changes_nothing(visitor: Visitor, build: Scene, pair: tuple[str, str]) -> None:
    first, second = pair
    before = build.place.api.items(f"/pools/{build.pools['pair']}/failover/events")
    page = PoolPage(visitor.open(f"/pools/{build.pools['pair']}"))
    page.cut.click()
    expect(page.question(second)).to_be_visible()
    page.question(second).get_by_role("button", name="Cancel").click()
    expect(Frame(visitor.page).dialog()).to_have_count(0)
    page.expect_active(first, build.addresses[first])
    assert build.place.dns.dig("pair.example.net") == (build.addresses[first],)
    assert build.place.api.items(f"/pools/{build.pools['pair']}/failover/events") == before


def test_a_member_that_is_not_ready_wants_one_more_tick(visitor: Visitor, build: Scene, pair: tuple[str, str]) -> None:
    _, second = pair
    host = build.place.fleet.of(f"{second}.example.net").host
    host.haproxy_active = False
    try:
        until(
            lambda: build.place.api.get(f"/pools/{build.pools['pair']}/failover")["decision"]["members"],
            good=lambda rows: not any(r["ready"] for r in rows if r["memberId"] == build.members[second]),
            within_sec=20,
            what="the standby is not ready",
        )
        page = PoolPage(visitor.open(f"/pools/{build.pools['pair']}?cut={build.members[second]}"))
        expect(page.question(second).get_by_text("HAProxy is not active").first).to_be_visible()
        expect(page.confirm(second)).to_be_disabled()
        page.question(second).get_by_role("checkbox").check()
        expect(page.confirm(second)).to_be_enabled()
    finally:
        host.haproxy_active = True
