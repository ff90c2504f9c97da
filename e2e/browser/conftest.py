"""One browser and one control plane for each worker; each story gets a visitor of its own, and pools of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, StorageState, expect, sync_playwright

from e2e.showcase.plane import Furnished, furnished
from e2e.showcase.scene import Scene, furnish
from e2e.stage import ROOT

from .chromium import chromium_path, launch
from .visitor import Visitor, sign_in, visiting

PROOF_SEC, MARGIN_SEC = 300, 120
Visit = Callable[..., Visitor]
expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if not chromium_path():
        pytest.skip("no Chromium on this machine: apt-get install chromium, or name one in E2E_CHROMIUM")
    dist = Path(os.environ.get("E2E_WEB_DIST") or ROOT / "frontend" / "dist")
    if not (dist / "index.html").exists():
        pytest.skip("the dashboard is not built: make frontend")
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def place() -> Iterator[Furnished]:
    """An installation with nothing in it but its owner."""
    with furnished() as found:
        yield found


@pytest.fixture(scope="session")
def scene(place: Furnished) -> Scene:
    """Pools and members in every state, for stories that only look."""
    return furnish(place)


@pytest.fixture(scope="session")
def build(place: Furnished) -> Scene:
    """Building blocks for stories that change things: each makes a pool with a name of its own."""
    return Scene(place)


@pytest.fixture(scope="session")
def credential(build: Scene) -> str:
    return build.place.connect_name_server("Key of the stories")


@pytest.fixture(scope="session")
def kept_pair(build: Scene, credential: str) -> str:
    build.small_pool("pair", credential)
    return "pair"


@pytest.fixture
def pair(build: Scene, kept_pair: str) -> tuple[str, str]:
    """Names of the active member and of its ready standby in the pool `pair`, which stories of a worker share."""
    return build.order_of(kept_pair)


@pytest.fixture(scope="session")
def kept_session() -> dict[str, Any]:
    return {"until": 0.0}


@pytest.fixture
def signed_in(browser: Browser, place: Furnished, kept_session: dict[str, Any]) -> StorageState:
    """A session whose proof is fresh: after five minutes, dangerous actions ask for the password again."""
    if time.monotonic() > kept_session["until"]:
        kept_session.update(state=sign_in(browser, place.url), until=time.monotonic() + PROOF_SEC - MARGIN_SEC)
    state: StorageState = kept_session["state"]
    return state


@pytest.fixture
def visit(browser: Browser, place: Furnished, signed_in: StorageState) -> Iterator[Visit]:
    """`visit()`, `visit(size=PHONE, color_scheme="dark")`: somebody who is signed in. All are checked at the end."""
    with ExitStack() as undo:
        visitors: list[Visitor] = []

        def come(**how: Any) -> Visitor:
            visitors.append(undo.enter_context(visiting(browser, place.url, how.pop("state", signed_in), **how)))
            return visitors[-1]

        yield come
        for visitor in visitors:
            visitor.check()


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit()
