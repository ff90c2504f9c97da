"""Orders by the thousand: the API takes some hundred changes a minute from one token, and says so with 429."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ..api import Problem

T = TypeVar("T")
PAUSE_SEC, MOST_SEC = 3.0, 180.0


def patiently(order: Callable[[], T]) -> T:
    """The order's answer; while there were too many before it, it is given again."""
    end = time.monotonic() + MOST_SEC
    while True:
        try:
            return order()
        except Problem as why:
            if why.status != 429 or time.monotonic() > end:
                raise
        time.sleep(PAUSE_SEC)
