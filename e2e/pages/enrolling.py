"""The dialog that adds a member: the form, then the command, the secret, and what comes of them."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page


class AddMember:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.dialog: Locator = page.get_by_role("dialog", name=re.compile("^(Add member|Add server|Enrol )"))

    def fill(self, hostname: str, address: str, display_name: str = "") -> None:
        self.dialog.get_by_label("Hostname").fill(hostname)
        field = self.dialog.get_by_label("Allowed source addresses")
        field.fill(address)
        field.press("Enter")
        if display_name:
            self.dialog.get_by_label("Display name").fill(display_name)

    def submit(self) -> None:
        self.dialog.get_by_role("button", name=re.compile("^Add (member|server)$")).click()

    @property
    def secret(self) -> str:
        return self.dialog.locator("[data-secret]").inner_text().strip()

    @property
    def copy_command(self) -> Locator:
        return self.dialog.get_by_role("button", name="Copy the install command")

    @property
    def stored(self) -> Locator:
        return self.dialog.get_by_role("checkbox", name=re.compile("I have stored it"))

    @property
    def connected(self) -> Locator:
        return self.dialog.get_by_text("Connected", exact=True)

    @property
    def refused(self) -> Locator:
        return self.dialog.get_by_text("Refused", exact=True)
