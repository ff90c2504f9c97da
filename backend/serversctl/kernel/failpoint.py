"""Named places where a test may crash, pause or raise. Nothing is armed outside tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_armed: dict[str, Callable[[], None]] = {}


def failpoint(name: str) -> None:
    """Do nothing, unless a test armed this name."""
    if _armed:
        action = _armed.get(name)
        if action is not None:
            action()


@contextmanager
def armed(name: str, action: Callable[[], None]) -> Iterator[None]:
    """Arm a fail point for the length of a test."""
    _armed[name] = action
    try:
        yield
    finally:
        _armed.pop(name, None)
