"""Notification channels for people: set up, change, try, and look what went out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity.access import Role, actor, allow, principal
from ..kernel.db import reading
from ..kernel.http import Blueprint, session, wired
from ..kernel.ids import new_id
from ..kernel.paging import Page
from . import schemas, service
from .jobs import send_message
from .messages import trial_message
from .ports import options_of
from .registry import all_channels
from .rules import Topic
from .service.planning import owner_email
from .tables import Delivery, NotificationChannel

blp = Blueprint("notifications", __name__, url_prefix="/api", description="Who is told of what, and how")


@blp.route("/notification-channels")
class Channels(MethodView):
    @allow(Role.VIEWER, "notifications:read")
    @blp.response(200, schemas.ChannelsOut)
    def get(self) -> dict[str, Any]:
        """List the channels of the account"""
        rows = service.channels_of(session(), principal().account_id)
        last = service.last_deliveries(session(), [row.id for row in rows])
        return {"items": [_shown(row, last.get(row.id)) for row in rows], "next_cursor": None}

    @allow(Role.ADMIN, "notifications:write")
    @blp.arguments(schemas.ChannelCreate)
    @blp.response(201, schemas.ChannelOut)
    def post(self, wish: dict[str, Any]) -> NotificationChannel:
        """Set up a channel"""
        return _shown(service.create_channel(session(), wired().sealer, actor(), principal().account_id, wish), None)


@blp.route("/notification-channels/kinds")
class ChannelKinds(MethodView):
    @allow(Role.VIEWER, "notifications:read")
    @blp.response(200, schemas.ChannelKindsOut)
    def get(self) -> dict[str, Any]:
        """List the kinds of channels with their fields, and the topics"""
        kinds = [
            {"kind": kind, "title": made.title, "fields": options_of(made.config_class)}
            for kind, made in all_channels().items()
        ]
        return {"items": kinds, "topics": list(Topic)}


def _channel(channel_id: UUID) -> NotificationChannel:
    return service.find_channel(session(), principal().account_id, channel_id)


def _shown(row: Any, last: Delivery | None) -> NotificationChannel:
    row.last_delivery = last
    found: NotificationChannel = row
    return found


@blp.route("/notification-channels/<uuid:channel_id>")
class OneChannel(MethodView):
    @allow(Role.VIEWER, "notifications:read")
    @blp.response(200, schemas.ChannelOut)
    def get(self, channel_id: UUID) -> NotificationChannel:
        """Read a channel"""
        row = _channel(channel_id)
        return _shown(row, service.last_deliveries(session(), [row.id]).get(row.id))

    @allow(Role.ADMIN, "notifications:write")
    @blp.arguments(schemas.ChannelChange)
    @blp.response(200, schemas.ChannelOut)
    def put(self, wish: dict[str, Any], channel_id: UUID) -> NotificationChannel:
        """Change a channel; a secret that is left out stays"""
        return _shown(service.update_channel(session(), wired().sealer, actor(), _channel(channel_id), wish), None)

    @allow(Role.ADMIN, "notifications:write")
    @blp.response(204)
    def delete(self, channel_id: UUID) -> None:
        """Remove a channel with its deliveries"""
        service.remove_channel(session(), actor(), _channel(channel_id))


@blp.route("/notification-channels/<uuid:channel_id>/test")
class TestChannel(MethodView):
    @allow(Role.ADMIN, "notifications:write")
    @blp.response(200, schemas.TestOut)
    def post(self, channel_id: UUID) -> dict[str, Any]:
        """Send one message now and say how it went"""
        # No transaction of this request is open while the other side takes its time.
        with reading(wired().sessions) as look:
            row = service.find_channel(look, principal().account_id, channel_id)
            owner = owner_email(look, principal().account_id)
            look.expunge(row)  # it is read on after this look has ended
        outcome = send_message(
            wired(), trial_message(row.name), kind=row.kind, row=row, owner=owner, dedupe_id=f"test-{new_id()}",
            at=wired().clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        )  # fmt: skip
        return {"sent": outcome.error is None, "detail": outcome.error or "The other side took the message."}


@blp.route("/notification-deliveries")
class Deliveries(MethodView):
    @allow(Role.VIEWER, "notifications:read")
    @blp.arguments(schemas.DeliveriesArgs, location="query")
    @blp.response(200, schemas.DeliveryPage)
    def get(self, args: dict[str, Any]) -> Page[Delivery]:
        """List what went out, what waits and what failed, newest first"""
        args["state"] = args.pop("status")
        return service.deliveries_page(session(), principal().account_id, **args)
