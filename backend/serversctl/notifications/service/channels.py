"""Channels that people set up; their secrets are sealed and never given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...kernel.db import database_now
from ...kernel.errors import Conflict, Invalid, NotFound
from ...kernel.ids import new_id
from ...kernel.sealed import Sealer
from ...pools.tables import Pool
from ..ports import options_of, read_config
from ..registry import all_channels
from ..rules import Topic
from ..tables import NotificationChannel

MOST_PER_ACCOUNT = 50


def channels_of(session: Session, account_id: UUID) -> Sequence[NotificationChannel]:
    return session.scalars(
        select(NotificationChannel)
        .where(NotificationChannel.account_id == account_id)
        .order_by(NotificationChannel.name, NotificationChannel.id)
    ).all()


def find_channel(session: Session, account_id: UUID, channel_id: UUID) -> NotificationChannel:
    found = session.scalar(
        select(NotificationChannel).where(
            NotificationChannel.id == channel_id, NotificationChannel.account_id == account_id
        )
    )
    if found is None:
        raise NotFound("channel_not_found", "There is no such notification channel.")
    return found


def create_channel(
    session: Session, sealer: Sealer, actor: Actor, account_id: UUID, wish: Mapping[str, Any]
) -> NotificationChannel:
    """`wish`: kind, name, config, and optionally pool_id, topics, enabled. Raises Invalid or Conflict."""
    held = select(func.count()).where(NotificationChannel.account_id == account_id)
    if (session.scalar(held) or 0) >= MOST_PER_ACCOUNT:
        raise Conflict("too_many_channels", f"{MOST_PER_ACCOUNT} channels are the limit: remove one first.")
    if wish["kind"] not in all_channels():
        words = ", ".join(all_channels())
        raise Invalid("channel_kind_unknown", f"kind: use one of {words}.", errors={"kind": [f"Use one of {words}."]})
    row = NotificationChannel(
        id=new_id(), account_id=account_id, kind=wish["kind"], config={}, sealed={}, created_at=database_now(session)
    )
    _fill(session, sealer, row, wish)
    session.add(row)
    _flush(session, row)
    _note(session, actor, row, "created")
    return row


def update_channel(
    session: Session, sealer: Sealer, actor: Actor, row: NotificationChannel, wish: Mapping[str, Any]
) -> NotificationChannel:
    """Everything but the kind. A secret that is left out stays as it is."""
    _fill(session, sealer, row, wish)
    _flush(session, row)
    _note(session, actor, row, "updated")
    return row


def remove_channel(session: Session, actor: Actor, row: NotificationChannel) -> None:
    _note(session, actor, row, "removed")
    session.delete(row)
    session.flush()


def channel_config(sealer: Sealer, row: NotificationChannel) -> Any:
    """The channel's Config with its secrets opened."""
    opened = {name: sealer.open(text, _context(row, name)) for name, text in row.sealed.items()}
    config, errors = read_config(all_channels()[row.kind].config_class, {**row.config, **opened})
    if config is None:
        raise Invalid(
            "channel_unusable", "The stored settings do not fit this version: save the channel again.", errors=errors
        )
    return config


def _fill(session: Session, sealer: Sealer, row: NotificationChannel, wish: Mapping[str, Any]) -> None:
    name = wish["name"].strip()
    if not name:
        raise Invalid("name_missing", "name: use a name.", errors={"name": ["Use a name."]})
    unknown = sorted(set(wish.get("topics") or ()) - set(Topic))
    if unknown:
        words = ", ".join(Topic)
        raise Invalid("topic_unknown", f"topics: use some of {words}.", errors={"topics": [f"Use some of {words}."]})
    pool_id = wish.get("pool_id")
    if pool_id is not None:
        pool = session.get(Pool, pool_id)
        if pool is None or pool.account_id != row.account_id:
            raise Invalid(
                "pool_unknown", "poolId: there is no such pool.", errors={"poolId": ["There is no such pool."]}
            )
    row.name, row.pool_id = name, pool_id
    row.topics = sorted(set(wish.get("topics") or ()))
    row.enabled = bool(wish.get("enabled", True))
    _fill_config(sealer, row, wish.get("config") or {})


def _fill_config(sealer: Sealer, row: NotificationChannel, given: Mapping[str, Any]) -> None:
    config_class = all_channels()[row.kind].config_class
    secrets = {option.name for option in options_of(config_class) if option.secret}
    kept = {name: sealer.open(text, _context(row, name)) for name, text in row.sealed.items() if not given.get(name)}
    config, errors = read_config(config_class, {**given, **kept})
    if config is None:
        wrong = {f"config.{name}": sentences for name, sentences in errors.items()}
        first = next(iter(wrong))
        raise Invalid("channel_invalid", f"{first}: {wrong[first][0]}", errors=wrong)
    values = {option.name: getattr(config, option.name) for option in options_of(config_class)}
    row.config = {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if name not in secrets}
    row.sealed = {name: sealer.seal(values[name], _context(row, name)) for name in secrets if values[name]}


def _context(row: NotificationChannel, name: str) -> str:
    return f"notification_channels:{row.id}:{row.account_id}:{name}"


def _flush(session: Session, row: NotificationChannel) -> None:
    name = row.name  # after a failed flush the row can no longer be read
    try:
        session.flush()
    except IntegrityError as why:
        raise Conflict("channel_name_taken", f"Another channel is called {name!r}: choose another name.") from why


def _note(session: Session, actor: Actor, row: NotificationChannel, what: str) -> None:
    audit.record(
        session, actor, f"channel.{what}", account_id=row.account_id, target_type="notification_channel",
        target_id=row.id, details={"name": row.name, "kind": row.kind},
    )  # fmt: skip
