"""The Flask application: rooms' blueprints, one unit of work per request, deny by default."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Flask, Response, g, request

import serversctl

from ..identity.access import Demand
from ..kernel.http import Blueprint, db
from ..wiring import Wiring, database_url
from .problems import ProblemApi

MAX_BODY_BYTES = 1 << 20


def create_app(wiring: Wiring) -> Flask:
    """An app around a Wiring. Each room's `api.py` is found by folder; its blueprint is named `blp`."""
    app = Flask("serversctl")
    app.config.update(
        API_TITLE="ServersCTL",
        API_VERSION=serversctl.__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        SQLALCHEMY_DATABASE_URI=database_url(wiring.settings),
        PROPAGATE_EXCEPTIONS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["serversctl"] = wiring
    db.init_app(app)
    with app.app_context():
        # One engine for the whole process: flask-sqlalchemy made its own from the URL, ours has the tuning.
        db._app_engines[app][None] = wiring.engine
    api = ProblemApi(app)  # type: ignore[no-untyped-call]
    for blueprint in room_blueprints():
        api.register_blueprint(blueprint)  # type: ignore[no-untyped-call]
    app.teardown_request(_forget)
    app.after_request(_finish)
    return app


def room_blueprints() -> list[Blueprint]:
    """The `blp` of every room that has an `api.py`."""
    found = []
    for info in pkgutil.iter_modules(serversctl.__path__):
        if info.ispkg and importlib.util.find_spec(f"serversctl.{info.name}.api"):
            module = importlib.import_module(f"serversctl.{info.name}.api")
            found += [value for value in vars(module).values() if isinstance(value, Blueprint)]
    return found


def demand_of(app: Flask, endpoint: str, method: str) -> Demand | None:
    """What the policy table says of one operation, or None when nobody said anything: then it is refused."""
    view = app.view_functions.get(endpoint)
    cls = getattr(view, "view_class", None)
    handler = getattr(cls, method.lower(), None) if cls is not None else view
    return getattr(handler, "demand", None)


def _finish(response: Response) -> Response:
    if response.status_code < 400 and request.method not in {"GET", "HEAD", "OPTIONS"}:
        db.session.commit()
    else:
        db.session.rollback()
    return response


def _forget(_error: BaseException | None) -> None:
    db.session.remove()
    g.pop("principal", None)
