"""Stacks declare themselves here; one file per stack."""

from __future__ import annotations

from collections.abc import Callable

STACKS: dict[str, type[Stack]] = {}


class Stack:
    """What is known of one product on this host. `refresh` runs in the slow thread, `fast` in each beat."""

    name = ""

    def __init__(self, root: str) -> None:
        self.root = root

    def refresh(self) -> None:
        """Look again whether the product is here, and at what changes slowly."""

    def fast(self, unit_states: dict[str, str]) -> dict[str, object] | None:
        """The block for this beat, or None when the product is not on the host. Must not wait for anybody."""
        return None

    def slow(self) -> dict[str, object]:
        """Slow facts: key within the block → value."""
        return {}


def stack(name: str) -> Callable[[type[Stack]], type[Stack]]:
    def register(kind: type[Stack]) -> type[Stack]:
        if name in STACKS:
            raise ValueError(f"stack {name} is declared twice")
        kind.name = name
        STACKS[name] = kind
        return kind

    return register
