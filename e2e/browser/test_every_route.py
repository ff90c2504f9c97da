"""Each address opens by itself, survives reload, back and forward, and does nothing that no page may do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.showcase.scene import Scene

from .axe import axe_findings, bring_axe
from .conftest import Visit
from .routes import BEFORE_SIGN_IN, SIGNED_IN, fill
from .visitor import DESKTOP, NARROW, PHONE, Visitor, sideways


def settled(page: Page) -> None:
    """The first answers are on screen: no skeleton is left, and nothing moves."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=15_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(350)  # a dialog that the address opens comes with a transition


def use_theme(page: Page, theme: str) -> None:
    """As the system asks for it. Stillness is asked for too: colours are measured after they have changed."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)
    page.wait_for_timeout(120)


def check_all_sizes_and_themes(page: Page) -> None:
    found: list[str] = []
    for width, height in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(150)
        if (excess := sideways(page)) > 0:
            found.append(f"{width} px: scrolls sideways by {excess} px")
        for theme in ("light", "dark"):
            use_theme(page, theme)
            lines = axe_findings(page, only_colours=theme == "dark")
            found += [f"{width} px {theme}: {line}" for line in lines]
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    assert not found, "\n".join(found)


@pytest.mark.parametrize("route", SIGNED_IN)
def test_a_page_opens_by_its_address_survives_reload_back_and_forward_and_is_accessible(
    visitor: Visitor, scene: Scene, route: str
) -> None:
    """At every size and in both themes, without a console error, a broken policy or a request to elsewhere."""
    bring_axe(visitor.page)
    page = visitor.open(fill(route, scene))
    settled(page)
    expect(page).to_have_title(re.compile("ServersCTL"))
    check_all_sizes_and_themes(page)

    title, address = page.get_by_role("heading", level=1).inner_text(), page.url
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    visitor.open("/docs" if route != "/docs" else "/jobs")
    page.go_back()
    expect(page).to_have_url(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.go_forward()
    expect(page).not_to_have_url(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("route", BEFORE_SIGN_IN)
def test_a_page_before_sign_in_is_accessible_at_every_size_in_both_themes(visit: Visit, route: str) -> None:
    visitor = visit(state=None)
    bring_axe(visitor.page)
    page = visitor.open(route)
    settled(page)
    check_all_sizes_and_themes(page)


def test_an_address_that_does_not_exist_says_so_and_leads_on(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.url}/app/no/such/page")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("link").first).to_be_visible()


def test_the_policy_of_the_page_allows_no_foreign_and_no_inline_script(visitor: Visitor) -> None:
    answer = visitor.page.goto(f"{visitor.url}/app/fleet")
    assert answer is not None
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] in {"'none'", "'self'"}
    assert "unsafe" not in " ".join(policy.values())
    assert policy["frame-ancestors"] == "'none'"
