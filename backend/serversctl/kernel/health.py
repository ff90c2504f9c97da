"""What must work for the installation to be ready, said by the rooms that know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .plugins import Registry


@dataclass(frozen=True, slots=True)
class Health:
    """One part's state. `needed`: without it this web server should get no traffic; else it is only reported."""

    ok: bool
    detail: str
    needed: bool = False


# Name -> a quick look that takes the Wiring. A look that raises counts as not ok.
LOOKS: Registry[Callable[[Any], Health]] = Registry("readiness look")
