"""What is shown once is gone afterwards, and what destroys has to be typed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from e2e.pages.enrolling import AddMember
from e2e.showcase.scene import Scene

from .visitor import Visitor

EVERYWHERE = """() => [
    document.documentElement.outerHTML, location.href, document.title, document.cookie,
    JSON.stringify(localStorage), JSON.stringify(sessionStorage), JSON.stringify(history.state),
    ...[...document.querySelectorAll("input, textarea")].map((field) => field.value),
].join("\\n")"""


def traces(page: Page, secret: str) -> bool:
    return secret in str(page.evaluate(EVERYWHERE))


def test_the_enrolment_secret_is_gone_once_its_dialog_is_closed(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("secretive")
    said: list[str] = []
    visitor.page.on("console", lambda message: said.append(message.text))
    visitor.open("/pools")
    dialog = AddMember(visitor.open(f"/pools/{pool}?add=true"))
    dialog.fill("quiet.example.net", "45.90.101.1")
    dialog.submit()
    secret = dialog.secret
    assert re.fullmatch("[0-9a-f]{48}", secret)
    assert secret not in visitor.page.url

    dialog.dialog.get_by_role("button", name="Close", exact=True).last.click()
    question = visitor.page.get_by_role("alertdialog")
    expect(question).to_contain_text("Close without storing")
    question.get_by_role("button", name="Keep it open").click()
    dialog.stored.check()
    dialog.dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(dialog.dialog).to_have_count(0)

    assert not traces(visitor.page, secret)
    assert not any(secret in line for line in said)
    visitor.page.go_back()
    visitor.page.wait_for_timeout(500)
    assert not traces(visitor.page, secret)
    visitor.page.reload()
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    assert not traces(visitor.page, secret)


def test_an_api_token_is_shown_once(visitor: Visitor) -> None:
    page = visitor.open("/settings/tokens")
    page.get_by_role("button", name="New API token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("story")
    dialog.get_by_role("radio", name="Everything that I may").check()
    dialog.get_by_role("button", name="Make the token").click()
    secret = page.locator("[data-secret]").inner_text().strip()
    assert secret.startswith("sctl_")
    page.get_by_role("checkbox", name=re.compile("I have stored it")).check()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^(Close|Done)")).last.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not traces(page, secret)


def test_deleting_a_pool_wants_its_name_and_enter_does_not_pass(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("short-lived")
    page = visitor.open(f"/pools/{pool}/settings")
    page.get_by_role("button", name="Delete pool").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name=re.compile("^Delete"))
    expect(confirm).to_be_disabled()
    field = dialog.get_by_role("textbox")
    field.fill("short-lived")
    field.press("Enter")
    page.wait_for_timeout(500)
    expect(dialog).to_be_visible()
    assert build.place.api.get(f"/pools/{pool}")["name"] == "short-lived", "Enter must not confirm"
    confirm.click()
    expect(page).to_have_url(re.compile(r"/app/pools(\?.*)?$"))
    assert pool not in {row["id"] for row in build.place.api.items("/pools")}
