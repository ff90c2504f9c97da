"""Plug-ins by folder: a file dropped beside its siblings is found, and doubles are refused."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Generic, TypeVar

T = TypeVar("T")


def load_all(package: ModuleType) -> list[ModuleType]:
    """Import every module of a package, in name order."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


class Registry(Generic[T]):
    """Named things of one kind. Registering a name twice is an error, not a surprise."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._things: dict[str, T] = {}

    def register(self, name: str, thing: T) -> T:
        if name in self._things:
            raise ValueError(f"The {self.what} {name!r} is registered twice.")
        self._things[name] = thing
        return thing

    def get(self, name: str) -> T | None:
        return self._things.get(name)

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __len__(self) -> int:
        return len(self._things)

    def items(self) -> list[tuple[str, T]]:
        return sorted(self._things.items())
