"""A job from order to end on its page: progress, the log that follows, cancel, and a failure with its last lines."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from e2e.showcase.scene import Scene

from .conftest import Visit
from .visitor import Visitor


@pytest.fixture(scope="session")
def worker(build: Scene) -> str:
    """A member whose jobs take their time."""
    build.pool("workshop")
    build.enrol(build.member("workshop", "workbench"), "workbench", agent={"slow_job_sec": 12.0})
    build.await_beats("workbench")
    return "workbench"


def test_progress_grows_the_log_follows_and_a_reopened_page_goes_on(
    visitor: Visitor, visit: Visit, build: Scene, worker: str
) -> None:
    job = build.order(worker, "haproxy.reload")
    page = visitor.open(f"/jobs/{job}")
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    first = float(bar.get_attribute("aria-valuenow") or 0)
    log = page.get_by_role("log")
    expect(log).to_contain_text("Fetching")
    page.close()

    again = visit().open(f"/jobs/{job}")
    bar = again.get_by_role("progressbar")
    expect(bar).to_be_visible()
    assert float(bar.get_attribute("aria-valuenow") or 0) > first
    expect(again.get_by_role("log")).to_contain_text("Done.", timeout=20_000)
    expect(again.get_by_role("region", name="State")).to_contain_text("Completed")


def test_a_running_job_can_be_cancelled(visitor: Visitor, build: Scene, worker: str) -> None:
    job = build.order(worker, "haproxy.reload")
    page = visitor.open(f"/jobs/{job}")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel job").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Stop ")).click()
    expect(page.get_by_role("region", name="State")).to_contain_text("Cancelled", timeout=15_000)
    assert build.place.api.get(f"/jobs/{job}")["status"] == "cancelled"


def test_a_failed_job_shows_the_last_lines_and_offers_to_try_again(visitor: Visitor, build: Scene) -> None:
    build.pool("broken")
    host = build.enrol(build.member("broken", "broken-1"), "broken-1", haproxy_active=False)
    build.await_beats("broken-1")
    job = build.order("broken-1", "haproxy.provision", force=True)
    page = visitor.open(f"/jobs/{job}")
    state = page.get_by_role("region", name="State")
    expect(state).to_contain_text("Failed", timeout=15_000)
    expect(state).to_contain_text("unknown keyword 'bakend'")
    host.haproxy_active = True
    page.get_by_role("button", name="Retry").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("again$")).click()
    expect(page).not_to_have_url(re.compile(job))
    expect(page.get_by_role("region", name="State")).to_contain_text("Completed", timeout=15_000)
