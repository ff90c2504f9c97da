"""From an event to deliveries: once for each way out, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...identity.tables import Account, User
from ...kernel.db import database_now
from ...kernel.ids import new_id
from ...kernel.outbox import OutboxEvent
from ...kernel.sealed import Sealer
from ...members.tables import Member
from ...pools.tables import Pool
from ..messages import LETTERS, Letter
from ..news import News
from ..ports import Message
from ..rules import Fate, fate_of_recovery, wants
from ..tables import Delivery, NotificationChannel


@dataclass(frozen=True, slots=True)
class Target:
    """One way out: a channel, or plain mail to somebody."""

    channel_kind: str
    channel_id: UUID | None = None
    recipient: str | None = None

    @property
    def key(self) -> str:
        return str(self.channel_id or self.recipient)


def plan(session: Session, event: OutboxEvent, *, base_url: str, mail_is_on: bool) -> list[Delivery]:
    """Make the deliveries of an event; those that exist already stay as they are."""
    letter = LETTERS.get(event.kind)
    if letter is None or event.account_id is None:
        return []
    targets = _targets(session, event.account_id, event.pool_id, letter.topic, mail_is_on=mail_is_on)
    if not targets:
        return []
    message = letter.write(_news(session, event, base_url))
    return [made for target in targets if (made := _deliver(session, event, letter, message, target)) is not None]


def plan_letter(
    session: Session, sealer: Sealer, event: OutboxEvent, message: Message, recipient: str
) -> Delivery | None:
    """A mail to one person that holds a secret link: it rests sealed."""
    target = Target("email", recipient=recipient)
    delivery = _row(session, event, message, target)
    if delivery is not None:
        delivery.message = {
            "subject": message.subject,
            "sealed": sealer.seal(json.dumps(asdict(message)), _context(delivery)),
        }
        session.flush()
    return delivery


def message_of(sealer: Sealer, delivery: Delivery) -> Message:
    """The message of a delivery, opened where it is sealed."""
    stored: dict[str, Any] = delivery.message
    if "sealed" in stored:
        stored = json.loads(sealer.open(stored["sealed"], _context(delivery)))
    return Message(**{**stored, "lines": tuple(stored["lines"])})


def _context(delivery: Delivery) -> str:
    return f"deliveries:{delivery.id}:{delivery.account_id}"


def _targets(
    session: Session, account_id: UUID, pool_id: UUID | None, topic: str, *, mail_is_on: bool
) -> Sequence[Target]:
    channels = session.scalars(
        select(NotificationChannel)
        .where(NotificationChannel.account_id == account_id)
        .order_by(NotificationChannel.created_at)
    ).all()
    found = [
        Target(row.kind, channel_id=row.id)
        for row in channels
        if row.enabled and wants(pool_of_channel=row.pool_id, topics=row.topics, pool_id=pool_id, topic=topic)
    ]
    # Whoever set up an e-mail channel said who gets mail; until then it is who the account names.
    if mail_is_on and not any(row.kind == "email" for row in channels):
        found += [Target("email", recipient=address) for address in account_inboxes(session, account_id)]
    return found


def account_inboxes(session: Session, account_id: UUID) -> list[str]:
    """The account's alert address and team inboxes; where none is named, its owner's address."""
    account = session.get_one(Account, account_id)
    named = [account.alert_email, *account.team_inboxes] if account.alert_email else list(account.team_inboxes)
    owner = owner_email(session, account_id)
    return list(dict.fromkeys(named)) or ([owner] if owner else [])


def owner_email(session: Session, account_id: UUID) -> str:
    """The address of the account's first owner."""
    owner = select(User.email).where(User.account_id == account_id, User.role == "owner").order_by(User.created_at)
    return session.scalar(owner.limit(1)) or ""


def _news(session: Session, event: OutboxEvent, base_url: str) -> News:
    pool = session.get(Pool, event.pool_id) if event.pool_id else None
    member = session.get(Member, event.member_id) if event.member_id else None
    return News(
        kind=event.kind,
        payload=event.payload,
        at=_stamp(event.created_at),
        pool=pool.name if pool else "",
        member=member.display_name if member else "",
        base_url=base_url,
        pool_id=str(event.pool_id or ""),
        member_id=str(event.member_id or ""),
    )


def _deliver(session: Session, event: OutboxEvent, letter: Letter, message: Message, target: Target) -> Delivery | None:
    about = letter.pair_key(event.member_id or event.pool_id, event.payload)
    pair = f"{about}:{target.key}"[:160] if about else None
    if pair is not None and not _is_news(session, letter, message.kind, pair):
        return None
    row = _row(session, event, message, target, wait_sec=letter.wait_sec)
    if row is not None:
        row.pair = pair
        session.flush()
    return row


def _is_news(session: Session, letter: Letter, kind: str, pair: str) -> bool:
    """Settle a message with what was told, or is about to be told, of the same trouble."""
    before = session.scalar(select(Delivery).where(Delivery.pair == pair).order_by(Delivery.created_at.desc()).limit(1))
    if before is None:
        return not letter.ends
    untold = before.state == "waiting" and before.attempts == 0
    if not letter.ends:
        if untold and before.kind == kind:
            return False  # it is about to be told
        if untold and not LETTERS[before.kind].ends:
            _drop(before)  # the worse news replaces it
        return True
    if LETTERS[before.kind].ends:
        return False
    fate = fate_of_recovery(before.state, before.attempts)
    if fate is Fate.DROP_BOTH:
        _drop(before)
    return fate is Fate.TELL


def _drop(delivery: Delivery) -> None:
    delivery.state, delivery.next_try_at = "dropped", None


def _row(session: Session, event: OutboxEvent, message: Message, target: Target, wait_sec: int = 0) -> Delivery | None:
    dedupe_id = f"{event.id}:{target.key}"[:200]
    if session.scalar(select(Delivery.id).where(Delivery.dedupe_id == dedupe_id)) is not None:
        return None
    now = database_now(session)
    row = Delivery(
        id=new_id(),
        account_id=event.account_id,
        pool_id=event.pool_id,
        member_id=event.member_id,
        channel_id=target.channel_id,
        channel_kind=target.channel_kind,
        recipient=target.recipient,
        dedupe_id=dedupe_id,
        kind=message.kind,
        message=asdict(message),
        happened_at=event.created_at,
        state="waiting",
        next_try_at=now + timedelta(seconds=wait_sec),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
