"""The Flask application: rooms' blueprints, one unit of work per request, deny by default."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Flask, Response, g, request
from sqlalchemy.exc import IntegrityError

import serversctl

from ..identity.access import Demand
from ..identity.counters import DatabaseCounters, FirstThatWorks, MemoryCounters, RedisCounters, SignInThrottle
from ..identity.policy import demand_of
from ..kernel.http import Blueprint, db
from ..wiring import Wiring, database_url
from . import docs, guard, headers, health, openapi, spa
from .problems import ProblemApi, problem

__all__ = ["MAX_BODY_BYTES", "Demand", "create_app", "demand_of", "room_blueprints"]

MAX_BODY_BYTES = 1 << 20
WRITES_PER_MINUTE = 240


def create_app(wiring: Wiring, *, writes_per_minute: int = WRITES_PER_MINUTE) -> Flask:
    """An app around a Wiring. Each room's `api.py` is found by folder; its blueprint is named `blp`."""
    app = Flask("serversctl", static_folder=None)
    app.config.update(
        API_TITLE="ServersCTL",
        API_VERSION=serversctl.__version__,
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        SQLALCHEMY_DATABASE_URI=database_url(wiring.settings),
        PROPAGATE_EXCEPTIONS=False,
        WRITES_PER_MINUTE=writes_per_minute,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    redis_counters = RedisCounters(wiring.redis)
    app.extensions["serversctl"] = wiring
    app.extensions["serversctl.paces"] = FirstThatWorks(redis_counters, MemoryCounters())
    app.extensions["serversctl.throttle"] = SignInThrottle(
        FirstThatWorks(redis_counters, DatabaseCounters(wiring.sessions, wiring.clock))
    )
    db.init_app(app)
    api = ProblemApi(app)  # type: ignore[no-untyped-call]
    for blueprint in [*room_blueprints(), health.blp]:
        api.register_blueprint(blueprint)  # type: ignore[no-untyped-call]
    openapi.install(app, api)
    docs.install(app)
    spa.install(app)
    # Flask runs after_request functions last in, first out: the commit comes first, the headers last.
    headers.install(app)
    health.install(app)
    guard.install(app)
    app.after_request(_finish)
    app.teardown_request(_forget)
    return app


def room_blueprints() -> list[Blueprint]:
    """The `blp` of every room that has an `api.py`."""
    found: dict[int, Blueprint] = {}
    for info in pkgutil.iter_modules(serversctl.__path__):
        if info.ispkg and importlib.util.find_spec(f"serversctl.{info.name}.api"):
            module = importlib.import_module(f"serversctl.{info.name}.api")
            found.update({id(value): value for value in vars(module).values() if isinstance(value, Blueprint)})
    return list(found.values())


def _finish(response: Response) -> Response:
    if response.status_code >= 400 or request.method in guard.SAFE:
        db.session.rollback()
        return response
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return problem(409, "conflict", "Somebody changed the same thing at the same moment: read it again and retry.")
    return response


def _forget(_error: BaseException | None) -> None:
    db.session.remove()
    g.pop("principal", None)
