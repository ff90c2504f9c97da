"""What jobs need to know of a member that the heartbeats hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """The latest report of a member, as far as a command's `applies` can ask about it."""

    agent_version: int
    os_family: str | None = None
    stacks: frozenset[str] = frozenset()
    # None: an agent that does not list its commands; it is taken to know the catalogue of its version.
    commands: frozenset[str] | None = None


# None: the member has never been heard, or not since the store was emptied.
FactsOf = Callable[[UUID], MemberFacts | None]
