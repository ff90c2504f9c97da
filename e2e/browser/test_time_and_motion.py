"""One moment reads the same everywhere in the zone that is chosen, also over a clock change; and nothing moves for those
who asked for stillness.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, expect

from e2e.pages.frame import Frame
from e2e.showcase.scene import Scene

from .conftest import Visit

ZONES = ("Europe/Berlin", "America/St_Johns")
MOMENT = re.compile(r"(\d{1,2}) (\w{3}) (\d{4}), (\d\d):(\d\d):(\d\d)")
MOVING = """() => document.getAnimations().filter((one) => one.playState === "running"
    && (one.effect?.getComputedTiming().duration ?? 0) > 1).length
    + [...document.querySelectorAll("animate, animateMotion, animateTransform")].length"""


def shown_times(page: Page) -> dict[str, list[str]]:
    """For each instant on the page, the texts that show it in full."""
    pairs = page.evaluate("""() => [...document.querySelectorAll("time[datetime]")].map((node) =>
        [node.getAttribute("datetime"), node.getAttribute("title") || node.textContent])""")
    found: dict[str, list[str]] = {}
    for stamp, text in pairs:
        if MOMENT.search(text):
            found.setdefault(stamp, []).append(text)
    return found


def check_all(page: Page, zone: ZoneInfo) -> int:
    count = 0
    for stamp, texts in shown_times(page).items():
        local = datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(zone)
        for text in texts:
            day, month, year, *clock = MOMENT.search(text).groups()  # type: ignore[union-attr]
            seen = datetime.strptime(f"{day} {month} {year} {':'.join(clock)}", "%d %b %Y %H:%M:%S").replace(
                tzinfo=zone
            )
            assert seen.replace(tzinfo=None) == local.replace(tzinfo=None, microsecond=0), f"{stamp} is shown as {text}"
            count += 1
    return count


@pytest.mark.parametrize("zone", ZONES)
def test_every_time_on_a_page_agrees_in_utc_and_in_local_time(visit: Visit, scene: Scene, zone: str) -> None:
    pool = scene.pools["production-edge"]
    event = scene.place.api.items(f"/pools/{pool}/failover/events")[0]["id"]
    visitor = visit(timezone_id=zone)
    page = visitor.open(f"/pools/{pool}/events/{event}")
    Frame(page).show_times_in("UTC")
    assert check_all(page, ZoneInfo("UTC")) > 0
    Frame(page).show_times_in("Local time")
    assert check_all(page, ZoneInfo(zone)) > 0
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("time[datetime]").first).to_be_visible()
    assert check_all(page, ZoneInfo(zone)) > 0, "the choice survives a reload"
    Frame(page).show_times_in("UTC")
    page.wait_for_timeout(1200)  # the account keeps it too: leave it as it was found


def test_both_sides_of_a_clock_change_are_told_apart(visit: Visit, scene: Scene) -> None:
    """On 25 October 2026 Berlin has 02:30 twice; only the name of the zone tells which one."""
    stamps = ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")
    visitor = visit(timezone_id="Europe/Berlin")
    pool = scene.pools["production-edge"]
    event = scene.place.api.items(f"/pools/{pool}/failover/events")[0]["id"]

    def in_october(route: Route) -> None:
        body = route.fetch().json()
        body["createdAt"] = stamps[0]
        decided = next(entry for entry in body["timeline"] if entry["kind"] == "failover.decided")
        body["timeline"] = [{**decided, "at": at} for at in stamps]
        route.fulfill(json=body)

    visitor.page.route(re.compile(rf"/events/{event}/incident"), in_october)
    page = visitor.open(f"/pools/{pool}/events/{event}")
    Frame(page).show_times_in("Local time")
    expect(page.locator("time[title^='25 Oct 2026, 02:30:00']").first).to_be_visible()
    shown = {stamp: set(texts) for stamp, texts in shown_times(page).items() if "2026-10-25" in stamp}
    assert shown[stamps[0].replace("Z", ".000Z")] == {"25 Oct 2026, 02:30:00 CEST"}
    assert shown[stamps[1].replace("Z", ".000Z")] == {"25 Oct 2026, 02:30:00 CET"}
    Frame(page).show_times_in("UTC")
    page.wait_for_timeout(1200)


@pytest.mark.parametrize("route", ["/pools/{pool}", "/fleet", "/pools/{pool}/members/{member}/control-panel"])
def test_nothing_moves_for_people_who_asked_for_stillness(visit: Visit, scene: Scene, route: str) -> None:
    path = route.format(pool=scene.pools["production-edge"], member=scene.members["edge-fra-1"])
    still = visit(reduced_motion="reduce").open(path)
    still.wait_for_timeout(1500)
    assert still.evaluate(MOVING) == 0


def test_traffic_moves_for_everybody_else(visit: Visit, scene: Scene) -> None:
    page = visit(reduced_motion="no-preference").open(f"/pools/{scene.pools['production-edge']}")
    page.wait_for_timeout(1500)
    assert page.evaluate(MOVING) > 0, "otherwise the test above proves nothing"


def test_ages_follow_the_server_when_the_browser_clock_is_an_hour_off(visit: Visit, scene: Scene) -> None:
    visitor = visit()
    offset_ms = 3_600_000
    visitor.page.add_init_script(f"""{{
        const Real = Date, off = {offset_ms};
        globalThis.Date = class extends Real {{
            constructor(...args) {{ super(...(args.length ? args : [Real.now() + off])); }}
            static now() {{ return Real.now() + off; }}
        }};
    }}""")
    page = visitor.open(f"/pools/{scene.pools['production-edge']}")
    card = page.get_by_role("article", name="edge-fra-1", exact=True)
    expect(card).to_be_visible()
    expect(card.get_by_text("Healthy")).to_be_visible()
    page.wait_for_timeout(2500)
    assert not re.search(r"\b(5\d|6\d) min ago|\b1 h ago", card.inner_text()), card.inner_text()
