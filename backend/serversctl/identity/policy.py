"""The policy table: every operation of the app with what it demands. What is not in it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask

from .rules import Demand

IGNORED = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table. `demand` is None where nobody said who may: the app refuses it, a test finds it."""

    method: str
    path: str
    endpoint: str
    demand: Demand | None


def demand_of(app: Flask, endpoint: str, method: str) -> Demand | None:
    """What the policy table says of one operation, or None when nobody said anything: then it is refused."""
    view: Any = app.view_functions.get(endpoint)
    cls = getattr(view, "view_class", None)
    verb = "get" if method == "HEAD" else method.lower()
    handler = getattr(cls, verb, None) if cls is not None else view
    demand = getattr(handler, "demand", None)
    return demand if isinstance(demand, Demand) else None


def operations(app: Flask) -> Iterator[Operation]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - IGNORED):
            yield Operation(method, rule.rule, rule.endpoint, demand_of(app, rule.endpoint, method))


def scopes(app: Flask) -> frozenset[str]:
    """Every scope that some operation asks for: what an API token may hold."""
    demands = (operation.demand for operation in operations(app))
    return frozenset(demand.scope for demand in demands if demand is not None and demand.scope is not None)


def table(app: Flask) -> str:
    """The policy as text, for people: `GET /api/pools  viewer  pools:read`."""
    lines = []
    for operation in sorted(operations(app), key=lambda line: (line.path, line.method)):
        demand = operation.demand
        if demand is None:
            words = ["REFUSED: no access rule"]
        elif demand.role is None:
            words = ["public or checked by the view"]
        else:
            words = [demand.role.word, demand.scope or ""]
            words += ["step-up"] if demand.dangerous else []
            words += ["session only"] if demand.session_only else []
        lines.append(f"{operation.method:<7}{operation.path:<60}{'  '.join(words)}".rstrip())
    return "\n".join(lines)
