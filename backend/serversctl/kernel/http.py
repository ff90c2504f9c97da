"""What every HTTP edge shares: the session of this request, camelCase schemas and cursor pages. Edges only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from flask import Flask, current_app, has_request_context, request
from flask_smorest.blueprint import Blueprint as SmorestBlueprint
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from .db import Base
from .paging import LIMIT_DEFAULT, LIMIT_MAX

Marked = TypeVar("Marked")


class RequestSession(FlaskSession):
    """The session of a request on the engine of the Wiring. Reading requests take no write lock on SQLite."""

    def get_bind(self, *_args: Any, bind: Any = None, **_kwargs: Any) -> Any:
        if bind is not None:
            return bind
        engine = wired().engine
        reads = has_request_context() and request.method in {"GET", "HEAD"}
        # One variant of the engine per session: each new one would open a connection of its own for every statement.
        return self.info.setdefault("reading", engine.execution_options(reading=True)) if reads else engine


class Database(SQLAlchemy):
    """flask-sqlalchemy's session handling around the engine that the Wiring already made and tuned."""

    def _make_engine(self, _bind_key: str | None, _options: dict[str, Any], app: Flask) -> Engine:
        return cast(Engine, app.extensions["serversctl"].engine)


db = Database(model_class=Base, session_options={"class_": RequestSession})


def session() -> Session:
    """The unit of work of this request: committed by the app when the view returns, rolled back on an error."""
    return cast(Session, db.session())


def wired() -> Any:
    """The Wiring that this app was made with (see `serversctl.wiring`)."""
    return current_app.extensions["serversctl"]


class Blueprint(SmorestBlueprint):
    """A room's routes: flask-smorest's, with types."""

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)  # type: ignore[no-untyped-call]

    def route(self, rule: str, **options: Any) -> Callable[[Marked], Marked]:
        return cast("Callable[[Marked], Marked]", super().route(rule, **options))  # type: ignore[no-untyped-call]

    def alt_response(self, status_code: Any, response: Any = None, **options: Any) -> Callable[[Marked], Marked]:
        made = super().alt_response(status_code, response, **options)  # type: ignore[no-untyped-call]
        return cast("Callable[[Marked], Marked]", made)

    def arguments(self, schema: Any, **options: Any) -> Callable[[Marked], Marked]:
        return cast("Callable[[Marked], Marked]", super().arguments(schema, **options))  # type: ignore[no-untyped-call]

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Callable[[Marked], Marked]:
        made = super().response(status_code, schema, **options)  # type: ignore[no-untyped-call]
        return cast("Callable[[Marked], Marked]", made)


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


class WireSchema(Schema):
    """camelCase on the wire, unknown fields refused, keys in the order in which they are written."""

    class Meta:
        unknown = RAISE
        ordered = True

    @pre_load
    def refuse_unstorable(self, data: Any, **_kwargs: Any) -> Any:
        """NUL and halves of surrogate pairs are valid JSON and no database takes them."""
        _refuse_unstorable(data)
        return data

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        if field_obj.data_key is None:
            field_obj.data_key = camel(field_name)


def _refuse_unstorable(value: Any, field: str = "body") -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValidationError("Leave out NUL characters and broken Unicode.", field)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(item, key if field == "body" else field)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item, field)


class PageArgs(WireSchema):
    """`?limit=&cursor=`"""

    limit = fields.Integer(load_default=LIMIT_DEFAULT, validate=validate.Range(1, LIMIT_MAX))
    cursor = fields.String(load_default=None, validate=validate.Length(max=400))


def page_of(item: type[Schema]) -> type[WireSchema]:
    """The schema `{items, nextCursor}` for a list of `item`."""
    name = item.__name__.removesuffix("Out") + "PageOut"
    made = WireSchema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(required=True, allow_none=True),
        },
        name=name,
    )
    return cast("type[WireSchema]", made)
