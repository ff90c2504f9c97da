"""A pool with 2,000 members stays a page that a browser can carry. Its speed is measured by `make bench`."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.showcase.crowd import many
from e2e.showcase.scene import Scene

from .visitor import Visitor

MEMBERS = 2000


@pytest.fixture(scope="session")
def crowd(build: Scene) -> str:
    """Nobody needs to beat for the table to be long."""
    return many(build, MEMBERS, pool="crowd", beating=False)


def rows(page: Page) -> int:
    return page.get_by_role("row").count()


@pytest.mark.timeout(240)
def test_two_thousand_members_are_a_handful_of_rows(visitor: Visitor, crowd: str) -> None:
    page = visitor.open(f"/pools/{crowd}/members")
    expect(page.get_by_text("node-0001").first).to_be_visible(timeout=20_000)
    table = page.get_by_role("table").or_(page.get_by_role("grid")).first
    assert int(table.get_attribute("aria-rowcount") or 0) >= MEMBERS
    assert rows(page) < 100
    assert page.evaluate("document.querySelectorAll('tbody tr').length") < 400

    page.locator("input[data-filter]").fill("node-1999")
    expect(page.get_by_text("node-1999").first).to_be_visible()
    expect(table.get_by_text("node-0001")).to_have_count(0)  # in the pool's tabs it stays: it is active
    expect(page).to_have_url(re.compile("node-1999"))


@pytest.mark.timeout(240)
def test_the_overview_of_two_thousand_is_a_summary(visitor: Visitor, crowd: str) -> None:
    page = visitor.open(f"/pools/{crowd}")
    expect(page.get_by_text("2,000").first).to_be_visible(timeout=20_000)
    assert page.get_by_role("article").count() < 60
