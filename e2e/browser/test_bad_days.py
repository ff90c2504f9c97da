"""Refusals and hostile data: what was typed stays, each refusal has a designed state, and text is only ever text."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.control_plane import EMAIL, PASSWORD
from e2e.pages.enrolling import AddMember
from e2e.pages.frame import Frame
from e2e.pages.pool import PoolPage
from e2e.showcase.scene import Scene

from .conftest import Visit
from .visitor import Visitor, sideways

HOSTILE = '<img src=x onerror="window.pwned=1">'
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
REFUSALS = {
    409: {"code": "conflict", "detail": "Somebody was faster: load the page again."},
    429: {"code": "too_many_requests", "detail": "Too many at once: wait a moment."},
    500: {"code": "internal_error", "detail": "Something broke. The log has the details."},
    503: {"code": "database_unavailable", "detail": "The database does not answer: try again shortly."},
}


def test_a_session_that_ended_asks_over_the_page_and_keeps_what_was_typed(visit: Visit, build: Scene) -> None:
    visitor = visit(state=None)
    answer = visitor.context.request.post(f"{visitor.url}/api/auth/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok, answer.text()
    pool = build.pool("interrupted")
    visitor.eyes.expect(r"401 ")
    dialog = AddMember(visitor.open(f"/pools/{pool}?add=true"))
    dialog.fill("typed-before.example.net", "45.90.103.1", "Typed before the session ended")
    visitor.context.clear_cookies()
    dialog.submit()
    gate = Frame(visitor.page).dialog("Your session has ended")
    gate.get_by_role("textbox", name="Password").fill(PASSWORD)
    gate.get_by_role("button", name="Sign in").click()
    expect(dialog.copy_command).to_be_visible()
    assert [m["displayName"] for m in build.place.api.items(f"/pools/{pool}/members")] == [
        "Typed before the session ended"
    ]


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_said_in_its_own_words_and_the_form_stays(visitor: Visitor, build: Scene, status: int) -> None:
    pool = build.pool(f"refused-{status}")
    visitor.eyes.expect(rf"{status} .*/members$")
    body = {"type": "about:blank", "title": "Refused", "status": status, **REFUSALS[status]}
    visitor.page.route(
        re.compile(r"/api/pools/[^/]+/members$"),
        lambda route: (
            route.fulfill(status=status, json=body, content_type="application/problem+json")
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    dialog = AddMember(visitor.open(f"/pools/{pool}?add=true"))
    dialog.fill("kept.example.net", "45.90.103.2")
    dialog.submit()
    expect(dialog.dialog).to_contain_text(str(REFUSALS[status]["detail"]))
    expect(dialog.dialog.get_by_label("Hostname")).to_have_value("kept.example.net")


def test_a_page_whose_data_cannot_be_read_says_so_and_tries_again(visitor: Visitor) -> None:
    visitor.eyes.expect(r"503 .*/api/jobs")
    failing = re.compile(r"/api/jobs(\?|$)")
    body = {"type": "about:blank", "title": "Unavailable", "status": 503, **REFUSALS[503]}
    visitor.page.route(
        failing, lambda route: route.fulfill(status=503, json=body, content_type="application/problem+json")
    )
    page = visitor.page
    page.goto(f"{visitor.url}/app/jobs")
    expect(page.get_by_text(str(REFUSALS[503]["detail"])).first).to_be_visible(timeout=15_000)
    page.unroute(failing)
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_text(str(REFUSALS[503]["detail"]))).to_have_count(0)


def test_without_a_network_the_page_says_since_when_and_recovers(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("offline")
    page = visitor.open(f"/pools/{pool}")
    Frame(page).await_live()
    visitor.context.set_offline(True)
    Frame(page).await_stale()
    visitor.context.set_offline(False)
    Frame(page).await_live(30_000)
    visitor.eyes.faults[:] = [fault for fault in visitor.eyes.faults if "ERR_INTERNET" not in fault]


def harmless(page: Page) -> None:
    page.wait_for_timeout(400)
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0


def test_names_from_people_and_hosts_are_text_and_never_widen_the_page(visitor: Visitor, build: Scene) -> None:
    pool = build.pool(HOSTILE)
    made = build.member(HOSTILE, "hostile", displayName=HOSTILE)
    build.enrol(made, "hostile")
    build.member(HOSTILE, LONGEST, displayName="x" * 120)
    build.await_beats("hostile")
    member, longest = build.members["hostile"], build.members[LONGEST]
    paths = [
        "", "/members", "/managed-dns", "/monitoring", "/settings", "/events", f"/members/{member}/control-panel",
        f"/members/{member}/settings", f"/members/{longest}/control-panel", f"/members/{longest}/settings",
    ]  # fmt: skip
    faults = []
    for path in [*(f"/pools/{pool}{path}" for path in paths), "/pools", "/members", "/fleet", "/alerts", "/audit"]:
        page = visitor.open(path)
        harmless(page)
        for width in (1440, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(80)
            if (excess := sideways(page)) > 0:
                faults.append(f"{path.replace(pool, '…')} at {width} px is {excess} px too wide")
        page.set_viewport_size({"width": 1440, "height": 900})
    page = visitor.open(f"/pools/{pool}")
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(PoolPage(page).card(HOSTILE)).to_be_visible()
    assert not faults, "\n".join(faults)


def test_the_way_to_another_origin_is_not_taken_after_sign_in(visit: Visit) -> None:
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        visitor = visit(state=None)
        page = visitor.open(f"/login?next={target}")
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(re.compile(rf"^{re.escape(visitor.url)}/app/"))
        expect(page.get_by_role("navigation").first).to_be_visible()
