"""How to start this very program again: the built file, or the package."""

from __future__ import annotations

import os
import sys


def program_path() -> str:
    return os.path.abspath(str(getattr(sys.modules["__main__"], "__file__", sys.argv[0])))


def program_command(path: str | None = None) -> list[str]:
    """Argument list for a child that runs the same code with the same interpreter."""
    path = path or program_path()
    if os.path.basename(path) == "__main__.py":
        folder = os.path.dirname(os.path.dirname(path))
        loader = f"import runpy, sys; sys.path.insert(0, {folder!r}); sys.argv[0] = {path!r}; runpy.run_module('balctl_agent', run_name='__main__', alter_sys=True)"
        return [sys.executable, "-I", "-S", "-c", loader]
    return [sys.executable, "-I", "-S", path]


def installed_command() -> list[str]:
    """Like `program_command`, but of the source file, which an update may have replaced."""
    path = program_path()
    source = program_path.__code__.co_filename
    return program_command(source if path.endswith(".pyc") else path)
