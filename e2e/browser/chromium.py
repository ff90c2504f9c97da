"""The browser of the stories: Debian's Chromium, or the one that E2E_CHROMIUM names. Nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

# Without the background switches Chromium calls home; QUIC and the GPU only cost time here.
SWITCHES = (
    "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-search-engine-choice-screen",
)  # fmt: skip


def chromium_path() -> str:
    """Where Chromium is, or empty: then the stories are skipped and say so."""
    for name in (os.environ.get("E2E_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name) if name else None
        if found:
            return found
    return ""


def launch(playwright: Playwright, executable: str = "") -> Browser:
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    return playwright.chromium.launch(executable_path=executable or chromium_path(), args=[*root, *SWITCHES])


@contextmanager
def inside_namespace(name: str, folder: Path) -> Iterator[str]:
    """An executable that starts Chromium in a network namespace of the lab, where its addresses exist."""
    script = folder / f"chromium-in-{name}"
    script.write_text(f'#!/bin/sh\nexec nsenter --net=/run/netns/{name} {chromium_path()} "$@"\n')
    script.chmod(0o755)
    try:
        yield str(script)
    finally:
        script.unlink(missing_ok=True)
