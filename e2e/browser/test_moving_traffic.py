"""Make active and Cut DNS: the dialog says what will happen, and afterwards diagram, card and name server agree."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.pages.frame import Frame
from e2e.pages.pool import PoolPage
from e2e.showcase.scene import Scene
from e2e.stage import until

from .visitor import Visitor


def test_make_active_shows_both_addresses_and_moves_diagram_card_and_record(
    visitor: Visitor, build: Scene, credential: str
) -> None:
    first, second = build.small_pool("move", credential)
    page = PoolPage(visitor.open(f"/pools/{build.pools['move']}"))
    page.expect_active(first, build.addresses[first])

    page.make_active(second).click()
    question = page.question(second)
    expect(question).to_contain_text(build.addresses[first])
    expect(question).to_contain_text(build.addresses[second])
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.confirm(second).click()

    page.expect_active(second, build.addresses[second])
    until(
        lambda: build.place.dns.dig("move.example.net"),
        good=lambda seen: seen == (build.addresses[second],),
        within_sec=20,
        what="dig agrees with the page",
    )
    visitor.page.get_by_role("link", name="Open the event").click()
    expect(visitor.page.get_by_text(build.addresses[second]).first).to_be_visible()


def test_cancel_changes_nothing(visitor: Visitor, build: Scene, credential: str) -> None:
    first, second = build.small_pool("stay", credential)
    page = PoolPage(visitor.open(f"/pools/{build.pools['stay']}"))
    page.cut.click()
    expect(page.question(second)).to_be_visible()
    page.question(second).get_by_role("button", name="Cancel").click()
    expect(Frame(visitor.page).dialog()).to_have_count(0)
    page.expect_active(first, build.addresses[first])
    assert build.place.dns.dig("stay.example.net") == (build.addresses[first],)
    events = build.place.api.items(f"/pools/{build.pools['stay']}/failover/events")
    assert len(events) == 1, "only the first activation"


def test_a_member_that_is_not_ready_wants_one_more_tick(visitor: Visitor, build: Scene, credential: str) -> None:
    _, second = build.small_pool("force", credential)
    build.place.fleet.of(f"{second}.example.net").host.haproxy_active = False
    until(
        lambda: build.place.api.get(f"/pools/{build.pools['force']}/failover")["decision"]["members"],
        good=lambda rows: not any(r["ready"] for r in rows if r["memberId"] == build.members[second]),
        within_sec=20,
        what="the standby is not ready",
    )
    page = PoolPage(visitor.open(f"/pools/{build.pools['force']}?cut={build.members[second]}"))
    expect(page.question(second).get_by_text("HAProxy is not active").first).to_be_visible()
    expect(page.confirm(second)).to_be_disabled()
    page.question(second).get_by_role("checkbox").check()
    expect(page.confirm(second)).to_be_enabled()
