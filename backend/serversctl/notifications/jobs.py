"""The worker's side of notifications: events become deliveries, due deliveries are sent by the queue."""

from __future__ import annotations

import logging
from datetime import UTC
from typing import Any
from uuid import UUID

from ..identity.service.mailed import open_mailed_token
from ..kernel.db import reading, unit_of_work
from ..kernel.errors import DomainError
from ..kernel.outbound import Outbound
from ..kernel.outbox import OutboxEvent
from ..kernel.sealed import CannotOpen
from . import service
from .messages import LETTERS, reset_letter
from .news import News
from .ports import DeliveryFailed, Message, Parcel, Tools
from .registry import all_channels
from .service.planning import message_of, owner_email
from .tables import Delivery, NotificationChannel

log = logging.getLogger(__name__)

DELIVER = "notifications.deliver"
LETTERS_WITH_LINKS = ("identity.password_reset_requested", "identity.user_invited")


def on_event(wiring: Any, event: OutboxEvent) -> None:
    """Make the deliveries of an event. Sending is the queue's."""
    with unit_of_work(wiring.sessions) as session:
        service.plan(session, event, base_url=wiring.settings.public_url, mail_is_on=bool(wiring.settings.smtp_url))


def on_letter(wiring: Any, event: OutboxEvent) -> None:
    """A mail with a secret link, to one person."""
    news = News(
        kind=event.kind,
        payload=event.payload,
        at="",
        base_url=wiring.settings.public_url,
        secret=open_mailed_token(wiring.sealer, event.payload),
    )
    with unit_of_work(wiring.sessions) as session:
        service.plan_letter(session, wiring.sealer, event, reset_letter(news), event.payload["email"])


def queue_due(wiring: Any) -> None:
    """Queue what is due; the attempt in the key keeps doubles out."""
    with reading(wiring.sessions) as session:
        due = [(row.id, row.attempts) for row in service.due_deliveries(session)]
    for delivery_id, attempts in due:
        wiring.hooks["enqueue"](
            DELIVER, str(delivery_id), key=f"delivery-{delivery_id}-{attempts}", timeout_sec=90, waits_sec=300
        )


def deliver(wiring: Any, delivery_id: str) -> None:
    """Take, send, record."""
    with unit_of_work(wiring.sessions) as session:
        delivery = service.take(session, UUID(delivery_id))
        if delivery is None:
            return
        row = session.get(NotificationChannel, delivery.channel_id) if delivery.channel_id else None
        owner = delivery.recipient or owner_email(session, delivery.account_id)
    outcome = send(wiring, delivery, row, owner)
    with unit_of_work(wiring.sessions) as session:
        state = service.record(session, delivery, outcome)
    if outcome.error is not None:
        log.warning("delivery %s by %s: %s, %s", delivery.id, delivery.channel_kind, state, outcome.error)


def send(wiring: Any, delivery: Delivery, row: NotificationChannel | None, owner: str) -> service.Outcome:
    """Send without a transaction open: the other side may take its time."""
    try:
        message = message_of(wiring.sealer, delivery)
    except CannotOpen as why:
        return service.Outcome(str(why), permanent=True)
    at = delivery.happened_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return send_message(
        wiring, message, kind=delivery.channel_kind, row=row, owner=owner, dedupe_id=delivery.dedupe_id, at=at
    )


def send_message(
    wiring: Any, message: Message, *, kind: str, row: NotificationChannel | None, owner: str, dedupe_id: str, at: str
) -> service.Outcome:
    """Hand a message to its channel. Every trouble comes back as an outcome."""
    made = all_channels().get(kind)
    if made is None:
        return service.Outcome(f"There is no channel of the kind {kind}.", permanent=True)
    settings = wiring.settings
    tools = Tools(
        settings=settings,
        outbound=wiring.hooks.get("outbound", Outbound)(
            allow=settings.outbound_allow, ca_file=settings.outbound_ca_file
        ),
        now=lambda: wiring.clock.now().timestamp(),
    )
    try:
        config = service.channel_config(wiring.sealer, row) if row is not None else made.config_class()
        made(config, tools).send(Parcel(message, dedupe_id, at, owner))
    except DeliveryFailed as why:
        return service.Outcome(why.reason, permanent=why.permanent)
    except (DomainError, CannotOpen) as why:
        return service.Outcome(str(why), permanent=True)
    return service.Outcome()


def forget_old(wiring: Any) -> None:
    with unit_of_work(wiring.sessions) as session:
        service.forget_old(session)


SUBSCRIPTIONS = {**dict.fromkeys(LETTERS, on_event), **dict.fromkeys(LETTERS_WITH_LINKS, on_letter)}
PERIODIC = [("notifications-due", 1, queue_due), ("notifications-retention", 3600, forget_old)]
TASKS = {DELIVER: deliver}
