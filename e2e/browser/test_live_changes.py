"""The event stream: what happens while it is cut is neither missed nor told twice, and the page says that it is old."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e.pages.frame import Frame
from e2e.pages.pool import PoolPage
from e2e.showcase.scene import Scene

from .conftest import Visit
from .visitor import Visitor

EVENTS = re.compile(r"/api/events(\?|$)")


def test_a_silent_member_turns_late_and_then_down_without_reload(
    visitor: Visitor, build: Scene, credential: str
) -> None:
    _, second = build.small_pool("fading", credential, recovery_sec=10)
    page = PoolPage(visitor.open(f"/pools/{build.pools['fading']}"))
    card = page.card(second)
    expect(card.get_by_text("Healthy", exact=True)).to_be_visible()
    build.place.fleet.of(f"{second}.example.net").silent = True
    expect(card.get_by_text("Late", exact=True)).to_be_visible(timeout=8_000)
    expect(card.get_by_text("Down", exact=True)).to_be_visible(timeout=14_000)
    build.place.fleet.of(f"{second}.example.net").silent = False
    expect(card.get_by_text("Healthy", exact=True)).to_be_visible(timeout=8_000)


def test_a_cut_stream_marks_the_page_old_polls_and_comes_back_with_nothing_missed(
    visitor: Visitor, build: Scene, pair: tuple[str, str]
) -> None:
    _, second = pair
    page = visitor.open(f"/pools/{build.pools['pair']}")
    frame, pool = Frame(page), PoolPage(page)
    frame.await_live()
    page.route(EVENTS, lambda route: route.abort())
    visitor.eyes.expect(r"/api/events")
    build.place.plane.kill_role("web")  # the stream that is open ends with the process
    frame.await_stale()
    expect(pool.make_active(second)).to_be_disabled()
    build.make_active("pair", second)
    pool.expect_active(second, build.addresses[second], timeout_ms=25_000)  # by polling: the stream is still cut
    page.unroute(EVENTS)
    frame.connection.click()
    page.get_by_role("button", name="Connect now").click()
    frame.await_live()
    pool.expect_active(second, build.addresses[second])
    page.goto(f"{visitor.url}/app/pools/{build.pools['pair']}/events")
    expect(page.get_by_text(re.compile(rf"{second}")).first).to_be_visible()
    visitor.eyes.faults[:] = [fault for fault in visitor.eyes.faults if "50" not in fault and "ERR_" not in fault]


def test_two_tabs_share_one_event_stream(visit: Visit, build: Scene) -> None:
    pool = build.pool("shared-stream")
    visitor = visit()
    opened: list[str] = []
    visitor.context.on("request", lambda request: opened.append(request.url) if EVENTS.search(request.url) else None)
    first = visitor.open("/fleet")
    Frame(first).await_live()
    second = visitor.open("/fleet", visitor.tab())
    Frame(second).await_live()
    second.wait_for_timeout(1500)
    assert len(opened) == 1, opened
    first.close()
    Frame(second).await_live()
    second.goto(f"{visitor.url}/app/pools/{pool}")
    build.enrol(build.member("shared-stream", "shared-1"), "shared-1")
    expect(second.get_by_role("article", name="shared-1", exact=True)).to_be_visible(timeout=15_000)


def test_a_pool_that_was_deleted_elsewhere_says_so(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("deleted-elsewhere")
    visitor.eyes.expect(rf"404 .*/api/pools/{pool}")
    page = visitor.open(f"/pools/{pool}")
    build.place.api.delete(f"/pools/{pool}", confirm="deleted-elsewhere")
    page.get_by_role("link", name="Monitoring").click()
    page.reload()
    expect(
        page.get_by_role("main")
        .get_by_text(re.compile("(no such|not exist|not found|was deleted|There is no)", re.I))
        .first
    ).to_be_visible()
    expect(page.get_by_role("link", name="Pools").first).to_be_visible()
