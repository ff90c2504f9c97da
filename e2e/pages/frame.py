"""What lies around every page: the connection mark, the zone switch, the palette, the announcements."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


class Frame:
    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def connection(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("^Connection:"))

    def await_live(self, timeout_ms: float = 15_000) -> None:
        expect(self.connection).to_have_accessible_name("Connection: Live", timeout=timeout_ms)

    def await_stale(self, timeout_ms: float = 15_000) -> None:
        expect(self.connection).to_have_accessible_name(
            re.compile(r"^Connection: (Reconnecting|Offline)"), timeout=timeout_ms
        )

    def show_times_in(self, zone: str) -> None:
        """`UTC` or `Local time`."""
        self.page.get_by_role("button", name=re.compile("^Times are shown in")).click()
        self.page.get_by_role("menuitemradio", name=zone).click()

    def dialog(self, name: str | re.Pattern[str] | None = None) -> Locator:
        return self.page.get_by_role("dialog", name=name) if name else self.page.get_by_role("dialog")
