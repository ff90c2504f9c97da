"""A person with a browser: opens pages of the dashboard, with a theme, a size and a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from ..control_plane import EMAIL, PASSWORD
from .eyes import Eyes

DESKTOP, PHONE, NARROW = (1440, 900), (390, 844), (320, 720)


class Visitor:
    """One browser context that is signed in. Its pages are watched; `check` fails on what they did wrong."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.watched: list[Eyes] = []
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        self.watched.append(Eyes(page, self.url))
        return page

    @property
    def eyes(self) -> Eyes:
        return self.watched[0]

    def open(self, path: str, page: Page | None = None) -> Page:
        """Go to a path below /app and wait for its heading."""
        page = page or self.page
        page.goto(f"{self.url}/app{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=15_000)
        return page

    def check(self) -> None:
        faults = [fault for eyes in self.watched for fault in eyes.faults]
        assert not faults, "\n".join(dict.fromkeys(faults))


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def sign_in(browser: Browser, url: str) -> StorageState:
    """The session as a browser keeps it, without the sign-in page: that has stories of its own."""
    context = browser.new_context(ignore_https_errors=True)
    answer = context.request.post(f"{url}/api/auth/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok, answer.text()
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def visiting(
    browser: Browser, url: str, state: StorageState | None, *, size: tuple[int, int] = DESKTOP, **how: Any
) -> Iterator[Visitor]:
    phone = size[0] < 500
    context = browser.new_context(
        ignore_https_errors=True,  # the installation's own CA is not in Chromium's store
        storage_state=state,
        viewport={"width": size[0], "height": size[1]},
        has_touch=phone,
        is_mobile=phone,
        **how,
    )
    context.set_default_timeout(10_000)
    try:
        yield Visitor(context, url)
    finally:
        context.close()
