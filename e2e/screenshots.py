"""`make screenshots`: every page, light and dark, on a desk and on a phone, into screenshots/."""

from __future__ import annotations

import argparse
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, StorageState, sync_playwright
from playwright.sync_api import TimeoutError as TooLong

from .browser.chromium import chromium_path, launch
from .browser.routes import BEFORE_SIGN_IN, SIGNED_IN, fill
from .browser.visitor import DESKTOP, PHONE, Visitor, sideways, sign_in, visiting
from .showcase.plane import furnished
from .showcase.scene import furnish
from .stage import ROOT

FOLDER = ROOT / "screenshots"
SIZES = {"1440": DESKTOP, "390": PHONE}
THEMES = ("light", "dark")


def file_name(route: str) -> str:
    """`/pools/{pool}/members/{member}/status` → `pools-pool-members-member-status`."""
    return re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-") or "home"


def picture(page: Page, target: Path) -> None:
    """The whole page once its first answers stand; charts and strips get a moment to fill."""
    try:
        page.locator("[aria-busy=true]").first.wait_for(state="detached", timeout=8_000)
    except TooLong:
        print(f"still loading: {target.stem}")
    page.wait_for_timeout(900)
    page.screenshot(path=target, full_page=True, animations="disabled")


def take(url: str, state: StorageState, pages: dict[str, str], size: str, theme: str, folder: Path) -> list[str]:
    """All pages in one size and theme, with a browser of their own; what looked wrong."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for route, path in pages.items():
            kept = None if route in BEFORE_SIGN_IN else state
            with visiting(browser, url, kept, size=SIZES[size], color_scheme=theme) as visitor:
                wrong += one(visitor, route, path, folder / f"{file_name(route)}.{theme}.{size}.png")
        browser.close()
    return wrong


def one(visitor: Visitor, route: str, path: str, target: Path) -> list[str]:
    try:
        page = visitor.open(path)
    except AssertionError:
        visitor.page.screenshot(path=target, full_page=True)
        return [f"{target.name}: no heading came"]
    picture(page, target)
    excess = sideways(page)
    faults = [f"{target.name}: {fault}" for fault in dict.fromkeys(visitor.eyes.faults)]
    return [*faults, f"{target.name}: scrolls sideways by {excess} px"] if excess > 0 else faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="e2e.screenshots", description=__doc__)
    parser.add_argument("--only", default="", help="only routes that hold this text")
    args = parser.parse_args()
    if not chromium_path():
        print("screenshots: no Chromium here. Install the package chromium, or name one in E2E_CHROMIUM.")
        return 2
    if not args.only:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    with furnished() as place:
        scene = furnish(place, print)
        pages = {route: fill(route, scene) for route in (*BEFORE_SIGN_IN, *SIGNED_IN) if args.only in route}
        with sync_playwright() as playwright:
            browser = launch(playwright)
            state = sign_in(browser, place.url)
            browser.close()
        with ThreadPoolExecutor(2) as pool:
            runs = [
                pool.submit(take, place.url, state, pages, size, theme, FOLDER) for size in SIZES for theme in THEMES
            ]
            wrong = [line for run in runs for line in run.result()]
    print("\n".join(wrong))
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}/; looked wrong: {len(wrong)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
