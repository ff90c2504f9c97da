"""What every HTTP edge shares: the session of this request, camelCase schemas and cursor pages. Edges only."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app
from flask_smorest.blueprint import Blueprint as SmorestBlueprint
from flask_sqlalchemy import SQLAlchemy
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy.orm import Session

from .db import Base
from .paging import LIMIT_DEFAULT, LIMIT_MAX

db = SQLAlchemy(model_class=Base)


def session() -> Session:
    """The unit of work of this request: committed by the app when the view returns, rolled back on an error."""
    return cast(Session, db.session())


def wired() -> Any:
    """The Wiring that this app was made with (see `serversctl.wiring`)."""
    return current_app.extensions["serversctl"]


class Blueprint(SmorestBlueprint):
    """A room's routes."""


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


class WireSchema(Schema):
    """camelCase on the wire, unknown fields refused, keys in the order in which they are written."""

    class Meta:
        unknown = RAISE
        ordered = True

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        if field_obj.data_key is None:
            field_obj.data_key = camel(field_name)


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
