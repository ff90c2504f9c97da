"""A pool's overview: its flow, its member cards, and the dialog that moves traffic."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


class PoolPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def flow(self) -> Locator:
        return self.page.get_by_role("region", name="Traffic flow")

    def card(self, member: str) -> Locator:
        return self.page.get_by_role("article", name=member, exact=True)

    def make_active(self, member: str) -> Locator:
        return self.page.get_by_role("link", name=f"Make {member} active").or_(
            self.page.get_by_role("button", name=f"Make {member} active")
        )

    @property
    def cut(self) -> Locator:
        return self.page.get_by_role("link", name="Cut DNS to standby").or_(
            self.page.get_by_role("button", name="Cut DNS to standby")
        )

    def question(self, member: str) -> Locator:
        """The dialog that asks before traffic moves to this member."""
        return self.page.get_by_role("dialog", name=re.compile(rf"(Send traffic to|Make) {re.escape(member)}"))

    def confirm(self, member: str) -> Locator:
        return self.question(member).get_by_role("button", name=re.compile(rf"^(Cut DNS to|Make) {re.escape(member)}"))

    def expect_active(self, member: str, address: str, timeout_ms: float = 30_000) -> None:
        """Diagram and card agree that this member gets the traffic."""
        expect(self.card(member).get_by_text("Active", exact=True)).to_be_visible(timeout=timeout_ms)
        expect(self.flow).to_contain_text(address, timeout=timeout_ms)
        expect(self.page.locator("[data-node=active]")).to_contain_text(member, timeout=timeout_ms)
        expect(self.page.locator("[data-node=dns]")).to_contain_text(address, timeout=timeout_ms)
