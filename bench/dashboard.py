"""The dashboard with 2,000 members in a real browser: first useful view, filter, what one heartbeat repaints; its weight."""

from __future__ import annotations

import gzip
import json
import statistics
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from e2e.browser.chromium import chromium_path, launch
from e2e.browser.visitor import Visitor, sign_in, visiting
from e2e.showcase.crowd import many
from e2e.showcase.plane import furnished
from e2e.showcase.scene import Scene
from e2e.stage import until

ROOT = Path(__file__).parents[1]
MEMBERS, ROUNDS = 2000, 5
WATCH_ROWS = """() => {
    window.rowsTouched = [];
    let turn = new Set();
    new MutationObserver((changes) => {
        for (const change of changes) {
            const node = change.target.nodeType === 1 ? change.target : change.target.parentElement;
            const row = node?.closest("tbody tr, [role=row]");
            if (row) turn.add(row);
        }
    }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
    setInterval(() => { window.rowsTouched.push(turn.size); turn = new Set(); }, 1000);
}"""


def measure() -> dict[str, Any]:
    """Milliseconds as medians of five visits with a warm cache, and kilobytes (1,000 bytes) after gzip."""
    if not chromium_path():
        raise SystemExit("bench: no Chromium here. Install the package chromium, or name one in E2E_CHROMIUM.")
    with furnished() as place, sync_playwright() as playwright:
        pool = many(Scene(place), MEMBERS)
        until(
            lambda: [
                m for m in place.api.get(f"/pools/{pool}/overview")["members"] if m["heartbeat"]["state"] != "fresh"
            ],
            good=lambda silent: len(silent) < MEMBERS / 50,
            within_sec=120,
            what="98 % of the members are heard",
        )
        browser = launch(playwright)
        with visiting(browser, place.url, sign_in(browser, place.url)) as visitor:
            first = [first_rows_ms(visitor, pool) for _ in range(ROUNDS + 1)][1:]
            page = visitor.page
            filtered = [filter_ms(page, f"node-{number:04d}") for number in (1999, 7, 1234, 640, 1501)]
            nodes = page.locator("tbody tr").count()
            overview = [overview_ms(visitor, pool) for _ in range(ROUNDS)]
            repainted = rows_of_one_beat(visitor, place.fleet.agents, pool)
        browser.close()
    return {
        "members": MEMBERS,
        "firstRowsMs": round(statistics.median(first)),
        "filterMs": round(statistics.median(filtered)),
        "overviewMs": round(statistics.median(overview)),
        "rowsInDocument": nodes,
        **repainted,
        **weights(),
    }


def first_rows_ms(visitor: Visitor, pool: str) -> float:
    """From the address to the first row of the table."""
    began = time.perf_counter()
    visitor.page.goto(f"{visitor.url}/app/pools/{pool}/members")
    visitor.page.get_by_text("node-0001").first.wait_for()
    return (time.perf_counter() - began) * 1000


def overview_ms(visitor: Visitor, pool: str) -> float:
    began = time.perf_counter()
    visitor.page.goto(f"{visitor.url}/app/pools/{pool}")
    visitor.page.get_by_role("region", name="Traffic flow").wait_for()
    return (time.perf_counter() - began) * 1000


def filter_ms(page: Page, name: str) -> float:
    """From the last key to the page that shows this one row alone, measured in the page itself."""
    field = page.locator("input[data-filter]")
    field.fill("")
    page.wait_for_timeout(700)
    spent = page.evaluate(
        """async (name) => {
            const field = document.querySelector("input[data-filter]");
            const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
            const began = performance.now();
            set.call(field, name);
            field.dispatchEvent(new Event("input", {bubbles: true}));
            const rows = () => [...document.querySelectorAll("tbody tr, [role=row]")].filter((row) => /node-\\d/.test(row.textContent));
            for (;;) {
                await new Promise((done) => requestAnimationFrame(done));
                if (rows().length === 1 && rows()[0].textContent.includes(name)) return performance.now() - began;
                if (performance.now() - began > 10000) return NaN;
            }
        }""",
        name,
    )
    expect(page.get_by_text(name).first).to_be_visible()
    return float(spent)


def rows_of_one_beat(visitor: Visitor, agents: list[Any], pool: str) -> dict[str, Any]:
    """Everybody but one member is silenced for a moment; which rows change while only that one goes on."""
    page = visitor.page
    page.goto(f"{visitor.url}/app/pools/{pool}/members")
    page.get_by_text("node-0001").first.wait_for()
    page.wait_for_timeout(3000)
    page.evaluate(WATCH_ROWS)
    page.wait_for_timeout(6000)
    quiet = [int(count) for count in page.evaluate("window.rowsTouched")][1:]
    one = next(agent for agent in agents if agent.host.hostname.startswith("node-0003."))
    one.host.haproxy_active = False
    page.wait_for_timeout(4000)
    turned = [int(count) for count in page.evaluate("window.rowsTouched")][1 + len(quiet) :]
    return {"rowsASecondWithoutNews": max(quiet), "rowsWhenOneTurns": max(turned, default=0) - max(quiet)}


def weights() -> dict[str, Any]:
    """What the first visit loads, from the build's own manifest, after gzip."""
    dist = ROOT / "frontend" / "dist"
    manifest = json.loads((dist / ".vite" / "manifest.json").read_text())
    seen: set[str] = set()

    def follow(name: str) -> None:
        if name not in seen:
            seen.add(name)
            for other in manifest[name].get("imports", []):
                follow(other)

    for name, entry in manifest.items():
        if entry.get("isEntry") or name.endswith("app/frame/Frame.tsx"):
            follow(name)
    first = {manifest[name]["file"] for name in seen}
    styles = {style for name in seen for style in manifest[name].get("css", [])}
    lazy = [
        kb(dist / entry["file"])
        for entry in manifest.values()
        if entry["file"] not in first and entry["file"].endswith(".js")
    ]
    return {
        "firstJsKb": round(sum(kb(dist / file) for file in first if file.endswith(".js")), 1),
        "firstCssKb": round(sum(kb(dist / file) for file in styles), 1),
        "largestLazyKb": round(max(lazy), 1),
    }


def kb(file: Path) -> float:
    return len(gzip.compress(file.read_bytes(), 6)) / 1000
