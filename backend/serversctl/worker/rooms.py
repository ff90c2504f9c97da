"""What the rooms' `jobs.py` files ask of the worker, found by folder.

A room declares any of these:
    SUBSCRIPTIONS = {"failover.promoted": function, "job.*": [one, another]}    function(wiring, event)
    PERIODIC = [("dns-preflight", 900, function)]                               function(wiring)
    TASKS = {"notifications.deliver": function}                                 function(wiring, *json_values)
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import serversctl

from ..kernel.outbox import OutboxEvent

Subscriber = Callable[[Any, OutboxEvent], None]
Task = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Periodic:
    """Something done every `seconds`. Below 10 s it runs in the worker's own loop and has to be quick."""

    name: str
    seconds: float
    function: Callable[[Any], Any]

    @property
    def inline(self) -> bool:
        return self.seconds < 10


@dataclass(slots=True)
class Rooms:
    """Everything that was declared. Names are unique; doubles are refused."""

    subscriptions: dict[str, list[tuple[str, Subscriber]]] = field(default_factory=dict)
    periodic: list[Periodic] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)

    def subscribers(self, kind: str) -> list[tuple[str, Subscriber]]:
        """(name, function) of those who asked for this kind, or for a whole area such as `job.*`."""
        area = kind.partition(".")[0] + ".*"
        return [*self.subscriptions.get(kind, []), *self.subscriptions.get(area, [])]

    def subscriber(self, name: str) -> Subscriber | None:
        for entries in self.subscriptions.values():
            for known, function in entries:
                if known == name:
                    return function
        return None

    def add(self, module: ModuleType) -> None:
        declared: Mapping[str, Subscriber | Iterable[Subscriber]] = getattr(module, "SUBSCRIPTIONS", {})
        for kind, wanted in declared.items():
            functions = [wanted] if callable(wanted) else list(wanted)
            self.subscriptions.setdefault(kind, []).extend((_name_of(function), function) for function in functions)
        for name, seconds, function in getattr(module, "PERIODIC", ()):
            if any(known.name == name for known in self.periodic):
                raise ValueError(f"The periodic job {name!r} is declared twice.")
            self.periodic.append(Periodic(name, seconds, function))
        for name, task in getattr(module, "TASKS", {}).items():
            if name in self.tasks:
                raise ValueError(f"The task {name!r} is declared twice.")
            self.tasks[name] = task


def _name_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__.removeprefix('serversctl.')}:{function.__qualname__}"


def find_rooms() -> Rooms:
    """Read the `jobs.py` of every room."""
    rooms = Rooms()
    for info in pkgutil.iter_modules(serversctl.__path__):
        name = f"serversctl.{info.name}.jobs"
        # The room that is called jobs is a package; its own file is jobs/jobs.py.
        if info.ispkg and importlib.util.find_spec(name):
            rooms.add(importlib.import_module(name))
    return rooms
