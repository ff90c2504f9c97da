"""The agent under test in one of its two forms: the package, or the built file. BALCTL_TEST_FORM says which."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import types

AGENT_FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILT = os.environ.get("BALCTL_TEST_FORM", "package") == "built"
DIST = os.environ.get("BALCTL_TEST_DIST", os.path.join(AGENT_FOLDER, "dist"))
BUILT_FILE = os.path.join(DIST, "balctl_heartbeat.py")


class Form:
    """Any top-level name of the agent as an attribute: names are unique over its modules, the build sees to that."""

    def __init__(self) -> None:
        self._names: dict[str, object] = {}
        if BUILT:
            sys.path.insert(0, DIST)
            self._names = vars(importlib.import_module("balctl_heartbeat"))
            return
        sys.path.insert(0, AGENT_FOLDER)
        package = importlib.import_module("balctl_agent")
        for found in pkgutil.walk_packages(package.__path__, "balctl_agent."):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                imported = isinstance(value, (type, types.FunctionType)) and value.__module__ != module.__name__
                if not imported and not name.startswith("__"):
                    self._names.setdefault(name, value)

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(name) from None


agent = Form()


def agent_command() -> list[str]:
    """Argument list that starts the agent in the form under test."""
    if BUILT:
        return [sys.executable, "-I", "-S", BUILT_FILE]
    loader = f"import sys, runpy; sys.path.insert(0, {AGENT_FOLDER!r}); runpy.run_module('balctl_agent', run_name='__main__', alter_sys=True)"
    return [sys.executable, "-I", "-S", "-c", loader]
