"""From the first visit to a green heartbeat on a real host, and a host that loses its power while somebody watches."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, StorageState, expect

from e2e.control_plane import EMAIL, PASSWORD, ControlPlane
from e2e.lab import HostSpec, Lab, available
from e2e.pages.enrolling import AddMember
from e2e.pages.frame import Frame
from e2e.pages.pool import PoolPage
from e2e.stage import Stage, until

from .chromium import inside_namespace, launch
from .visitor import visiting

TOKEN = re.compile(r"token for the first user: (\S+)")
pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def needs_hosts() -> None:
    if reason := available():
        pytest.skip(f"no lab on this machine: {reason}")


@contextmanager
def browser_in(lab: Lab, playwright: Playwright, folder: Path) -> Iterator[Browser]:
    """A Chromium that lives at the clients' station of the lab."""
    with inside_namespace(lab.world.namespace.name, folder) as executable:
        browser = launch(playwright, executable)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_installation(lab: Lab, folder: Path) -> Iterator[ControlPlane]:
    """One that nobody owns yet."""
    plane = ControlPlane(folder / "data", address=lab.control.address, within=lab.control.inside)
    plane.token = "nobody has one yet"  # so that no first user is made from the command line
    plane.start()
    try:
        yield plane
    finally:
        plane.stop()


def printed_token(plane: ControlPlane) -> str:
    found = TOKEN.search(plane.log_path.read_text())
    assert found, plane.log_tail()
    return found[1]


def test_from_the_first_visit_to_a_green_heartbeat_without_a_reload(playwright: Playwright, tmp_path: Path) -> None:
    hostname = "edge-1.example.net"
    with ExitStack() as undo:
        lab = undo.enter_context(Lab(hosts=[HostSpec(hostname=hostname)]))
        plane = undo.enter_context(fresh_installation(lab, tmp_path))
        browser = undo.enter_context(browser_in(lab, playwright, tmp_path))
        visitor = undo.enter_context(
            visiting(browser, plane.url, None, permissions=["clipboard-read", "clipboard-write"])
        )
        page = visitor.open("/register")
        page.get_by_label("Set-up token").fill(printed_token(plane))
        page.get_by_label("E-mail").fill("first@example.com")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Set up and sign in").click()
        expect(page).to_have_url(re.compile("/app/(fleet|pools)"))

        visitor.open("/pools?new=true")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("production-edge")
        dialog.get_by_role("button", name="Add pool").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("production-edge")
        page.evaluate("window.neverReloaded = true")

        page.get_by_role("link", name="Add member").first.click()
        adding = AddMember(page)
        adding.fill(hostname, lab.host("h1").address)
        adding.submit()
        adding.copy_command.click()
        command = page.evaluate("navigator.clipboard.readText()")
        assert adding.secret in command
        lab.host("h1").exec("bash", "-c", command, timeout_sec=120)
        expect(adding.connected).to_be_visible(timeout=20_000)
        adding.dialog.get_by_role("button", name="Open member").or_(
            adding.dialog.get_by_role("link", name="Open member")
        ).click()
        expect(page.get_by_text("Healthy").first).to_be_visible()
        assert page.evaluate("window.neverReloaded") is True
        visitor.check()


@pytest.mark.timeout(240)
def test_a_power_cut_is_told_by_the_page_from_late_to_promoted(playwright: Playwright) -> None:
    with ExitStack() as undo:
        stage = undo.enter_context(Stage.open(2))
        stage.build(recovery_sec=10)
        folder = Path(tempfile.mkdtemp(prefix="serversctl-browser-", dir="/tmp"))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        browser = undo.enter_context(browser_in(stage.lab, playwright, folder))
        visitor = undo.enter_context(visiting(browser, stage.plane.url, sign_in_inside(browser, stage)))
        page = visitor.open(f"/pools/{stage.pool_id}")
        pool = PoolPage(page)
        first, second = (host.hostname for host in stage.lab.hosts)
        pool.expect_active(first, stage.host(first).address)
        Frame(page).await_live()
        stage.rest()  # automation leaves a pool alone for a minute after it was moved by hand

        stage.host(first).crash()
        expect(pool.card(first).get_by_text("Late", exact=True)).to_be_visible(timeout=10_000)
        expect(pool.card(first).get_by_text("Down", exact=True)).to_be_visible(timeout=15_000)
        pool.expect_active(second, stage.host(second).address)
        until(stage.dig, good=lambda seen: seen == (stage.host(second).address,), within_sec=20, what="dig agrees")

        event = stage.events()[0]
        visitor.open(f"/pools/{stage.pool_id}/events/{event['id']}")
        story = page.get_by_role("main")
        for words in (first, second, stage.host(first).address, stage.host(second).address):
            expect(story).to_contain_text(words)
        expect(story).to_contain_text(event["sentences"][0])
        visitor.check()


def sign_in_inside(browser: Browser, stage: Stage) -> StorageState:
    """Requests of the test itself do not pass through the namespace, so the page asks."""
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{stage.plane.url}/app/login")
    status = page.evaluate(
        """([email, password]) => fetch("/api/auth/login", {method: "POST",
            headers: {"Content-Type": "application/json"}, body: JSON.stringify({email, password})}).then((a) => a.status)""",
        [EMAIL, PASSWORD],
    )
    assert status == 200, status
    state = context.storage_state()
    context.close()
    return state
