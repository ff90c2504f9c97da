"""The only function that the queue runs, and the parts that it needs in this process."""

from __future__ import annotations

import logging
from typing import Any

from .rooms import Rooms

log = logging.getLogger(__name__)

_here: list[tuple[Any, Rooms]] = []


def use(wiring: Any, rooms: Rooms) -> None:
    """Set the parts that tasks of this process get."""
    _here[:] = [(wiring, rooms)]


def run(task: str, args: list[Any]) -> None:
    """Run a task that a room declared. Anything else is refused."""
    wiring, rooms = _here[0]
    if task.startswith("periodic:"):
        name = task.partition(":")[2]
        function = next(entry.function for entry in rooms.periodic if entry.name == name)
        function(wiring)
        return
    rooms.tasks[task](wiring, *args)
