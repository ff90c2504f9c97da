"""Who asks, and what each operation demands: one policy table, denied by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import g

from ..kernel.errors import Unauthorized

View = TypeVar("View", bound=Callable[..., Any])


class Role(IntEnum):
    """Each role may do what the ones below it may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3
    OWNER = 4


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in user or API token behind a request."""

    account_id: UUID
    user_id: UUID | None
    role: Role
    name: str
    scopes: frozenset[str] | None = field(default=None)  # None: a browser session, not narrowed
    token_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one operation asks of its caller. role None means public or checked by the view (agents)."""

    role: Role | None
    scope: str | None
    dangerous: bool = False


def allow(role: Role, scope: str, *, dangerous: bool = False) -> Callable[[View], View]:
    """Declare on a view method who may call it; the app reads this into the policy table and enforces it."""

    def mark(view: View) -> View:
        cast(Any, view).demand = Demand(role, scope, dangerous)
        return view

    return mark


def public(view: View) -> View:
    """Declare that an operation needs no signed-in caller."""
    cast(Any, view).demand = Demand(None, None)
    return view


def principal() -> Principal:
    """The caller of this request. Raises Unauthorized when there is none."""
    who = g.get("principal")
    if who is None:
        raise Unauthorized("not_signed_in", "Sign in, or send an API token as `Authorization: Bearer sctl_…`.")
    return cast(Principal, who)
