"""The kinds of workflows that exist: `FLOWS` of each room's `flows.py`, found by folder."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil

import serversctl

from ..kernel.errors import Invalid
from .ports import Definition

_KINDS: dict[str, Definition] = {}
_loaded: list[bool] = []


def register(definition: Definition) -> Definition:
    """Add one kind. Raises ValueError for a second one of that name."""
    known = _KINDS.get(definition.kind)
    if known is not None and type(known) is not type(definition):
        raise ValueError(f"The workflow {definition.kind!r} is registered twice.")
    _KINDS[definition.kind] = definition
    return definition


def kinds() -> dict[str, Definition]:
    """Every kind by name."""
    if not _loaded:
        _loaded.append(True)
        for info in pkgutil.iter_modules(serversctl.__path__):
            name = f"serversctl.{info.name}.flows"
            if info.ispkg and importlib.util.find_spec(name):
                for definition in importlib.import_module(name).FLOWS:
                    register(definition)
    return _KINDS


def definition_of(kind: str) -> Definition:
    found = kinds().get(kind)
    if found is None:
        raise Invalid("workflow_kind_unknown", f"There is no workflow of the kind {kind[:64]!r} in this version.")
    return found
