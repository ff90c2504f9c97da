"""What a recipe is. One file of `catalog/` each, with a RECIPE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from ..identity.audit import Actor
from ..members.tables import Member
from ..pools.tables import Pool
from ..workflows.ports import Precondition

CATEGORIES = ("haproxy", "access", "certificates", "agent")


@dataclass(frozen=True, slots=True)
class Facts:
    """What preconditions look at. `heard`: the member reports, so what is not in its report is not there."""

    hostname: str
    heard: bool = False
    stacks: frozenset[str] = frozenset()
    agent_version: int = 0
    newest_agent: int = 0
    admin_socket: bool | None = None
    dns_linked: bool = False
    pool_name: str | None = None

    @property
    def has_haproxy(self) -> bool:
        return "haproxy" in self.stacks


@dataclass(frozen=True, slots=True)
class RecipeStep:
    """`asks` names the recipe's parameters that the command gets, `undo_asks` those of the undo.

    `on_pool`: the command belongs to the pool, not to the member. `changes` says what is different afterwards.
    """

    key: str
    title: str
    command: str
    changes: str
    asks: tuple[str, ...] = ()
    undo: str | None = None
    undo_asks: tuple[str, ...] = ()
    no_undo_reason: str = ""
    on_pool: bool = False


Checks = Callable[[Facts], Sequence[Precondition]]
# What has to be there before the first step: adds parameters that nobody has to type.
Prepare = Callable[[Session, Pool, Member, Mapping[str, Any], Actor], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """`params` are asked besides those that the steps' commands declare. `advanced`: part of Pro when hosted."""

    id: str
    title: str
    description: str
    category: str
    steps: tuple[RecipeStep, ...]
    checks: Checks
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prepare: Prepare | None = None
    # Parameters that `prepare` adds.
    prepared: frozenset[str] = frozenset()
    advanced: bool = False
    warning: str = ""

    @property
    def kind(self) -> str:
        return f"recipe.{self.id}"


def is_heard(facts: Facts) -> Precondition:
    return Precondition(facts.heard, "The agent reports.", "Start the agent on this host, and look at Enrolment.")


def haproxy_is_seen(facts: Facts) -> Precondition:
    return Precondition(facts.has_haproxy, "HAProxy runs on this member.", "Run the recipe Install HAProxy first.")
