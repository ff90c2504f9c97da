"""Without a mouse: every control is reached with Tab, Escape closes, and focus returns to where it came from."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from e2e.pages.enrolling import AddMember
from e2e.pages.pool import PoolPage
from e2e.showcase.scene import Scene

from .visitor import Visitor

FOCUSED = "document.activeElement?.getAttribute('aria-label') || document.activeElement?.textContent || ''"


def tab_to(page: Page, target: Locator, *, presses: int = 120) -> None:
    """Press Tab until the target has the focus; it must be reachable."""
    for _ in range(presses):
        if target.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by Tab; the focus is at {page.evaluate(FOCUSED)!r}")


def test_a_member_is_added_with_the_keyboard_alone(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("by-hand")
    page = visitor.open(f"/pools/{pool}")
    tab_to(page, page.get_by_role("link", name="Add member").first)
    page.keyboard.press("Enter")
    dialog = AddMember(page)
    expect(dialog.dialog.get_by_label("Hostname")).to_be_focused()
    page.keyboard.type("typed.example.net")
    page.keyboard.press("Tab")
    page.keyboard.type("45.90.102.1")
    page.keyboard.press("Enter")
    tab_to(page, dialog.dialog.get_by_role("button", name=re.compile("^Add member$")))
    page.keyboard.press("Enter")
    expect(dialog.copy_command).to_be_visible()
    tab_to(page, dialog.stored)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(dialog.dialog).to_have_count(0)
    assert [m["hostname"] for m in build.place.api.items(f"/pools/{pool}/members")] == ["typed.example.net"]


def test_dns_is_cut_with_the_keyboard_alone_and_focus_returns(
    visitor: Visitor, build: Scene, pair: tuple[str, str]
) -> None:
    first, second = pair
    page = visitor.open(f"/pools/{build.pools['pair']}")
    pool = PoolPage(page)
    pool.expect_active(first, build.addresses[first])
    opener = pool.make_active(second)
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(pool.question(second).get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(pool.question(second)).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(pool.question(second).get_by_role("button", name="Cancel")).to_be_focused()
    tab_to(page, pool.confirm(second))
    page.keyboard.press("Enter")
    pool.expect_active(second, build.addresses[second])


def test_the_palette_finds_pools_and_pages(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("findable-pool")
    page = visitor.open("/settings/plan")
    page.keyboard.press("Control+k")
    field = page.get_by_label("Search or jump to").last
    expect(field).to_be_focused()
    page.keyboard.type("findable")
    expect(
        page.get_by_role("button", name="findable-pool", exact=True).or_(page.get_by_text("findable-pool")).first
    ).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/app/pools/{pool}"))


def test_the_first_tab_leads_past_the_navigation(visitor: Visitor) -> None:
    page = visitor.open("/fleet")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "page"
