"""Who asks, and what each operation demands: one policy table, denied by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import g

from ..kernel.errors import Unauthorized
from .audit import Actor
from .rules import Demand, Principal, Role

__all__ = ["Demand", "Principal", "Role", "actor", "allow", "principal", "public"]

View = TypeVar("View", bound=Callable[..., Any])


def allow(role: Role, scope: str, *, dangerous: bool = False, session_only: bool = False) -> Callable[[View], View]:
    """Declare on a view method who may call it; the app reads this into the policy table and enforces it.

    `dangerous` asks browser sessions for a proof of presence not older than 5 minutes; `session_only` keeps
    API tokens out (passwords, second factors, tokens themselves).
    """

    def mark(view: View) -> View:
        cast(Any, view).demand = Demand(role, scope, dangerous, session_only)
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


def actor() -> Actor:
    """The caller as the audit trail names it."""
    who = principal()
    return Actor("user", who.user_id, who.name) if who.token_id is None else Actor("token", who.token_id, who.name)
