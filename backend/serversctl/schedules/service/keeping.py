"""Making, changing and removing schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from ...identity import audit
from ...identity.audit import Actor
from ...identity.tenancy import owned
from ...jobs.catalogue import AGENT, Command
from ...jobs.fit import misfit
from ...jobs.ports import MemberFacts
from ...kernel import outbox
from ...kernel.db import database_now
from ...kernel.errors import Conflict, Invalid
from ...kernel.ids import new_id
from ...kernel.paging import Page, decode, encode
from ...members.tables import Member
from ...pools.tables import Pool
from .. import rules
from ..tables import Schedule, ScheduleRun

PER_POOL_MAX = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """A schedule as its maker wants it."""

    name: str
    command: Command
    cron: str
    params: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    jitter_sec: int = 0
    missed_policy: str = "skip"
    pause_in_maintenance: bool = True


def create(
    session: Session, wish: Wish, actor: Actor, *, pool: Pool, member: Member | None, facts: MemberFacts | None
) -> Schedule:
    """Raises Invalid (expression, parameters) or Conflict (the command does not fit, too many)."""
    held = session.scalar(select(func.count()).where(Schedule.pool_id == pool.id)) or 0
    if held >= PER_POOL_MAX:
        raise Conflict("schedules_too_many", f"A pool takes {PER_POOL_MAX} schedules: remove some.")
    made = Schedule(
        id=new_id(),  # now: the jitter depends on it
        account_id=pool.account_id,
        pool_id=pool.id,
        member_id=member.id if member else None,
        created_by={"kind": actor.kind, "id": str(actor.id) if actor.id else None, "name": actor.name},
        created_at=database_now(session),
    )
    _fill(session, made, wish, facts)
    session.add(made)
    session.flush()
    _record(session, made, actor, "create")
    return made


def change(session: Session, schedule: Schedule, wish: Wish, actor: Actor, facts: MemberFacts | None) -> Schedule:
    _fill(session, schedule, wish, facts)
    session.flush()
    _record(session, schedule, actor, "change")
    return schedule


def _fill(session: Session, row: Schedule, wish: Wish, facts: MemberFacts | None) -> None:
    now = database_now(session)
    if wish.command.runs_on == AGENT:
        if row.member_id is None:
            sentence = f"{wish.command.id} runs on a member: make the schedule there."
            raise Invalid("member_needed", sentence, errors={"command": [sentence]})
        wrong = misfit(wish.command.id, wish.command.applies, facts)
        if wrong:
            raise Conflict(*wrong)
    cron = rules.checked(wish.cron, now)
    new_times = (row.cron, row.jitter_sec, row.enabled) != (cron, wish.jitter_sec, wish.enabled)
    row.name, row.command, row.cron = wish.name.strip(), wish.command.id, cron
    row.params = wish.command.check(wish.params)
    row.enabled, row.jitter_sec = wish.enabled, wish.jitter_sec
    row.missed_policy, row.pause_in_maintenance = wish.missed_policy, wish.pause_in_maintenance
    if not row.enabled:
        row.next_slot = row.due_at = None
    elif new_times or row.next_slot is None:
        set_next(row, rules.next_slot(cron, now))


def set_next(row: Schedule, slot: datetime) -> None:
    row.next_slot = slot
    row.due_at = rules.due_at(row.id, row.cron, slot, row.jitter_sec)


def delete(session: Session, schedule: Schedule, actor: Actor) -> None:
    _record(session, schedule, actor, "delete")
    session.delete(schedule)
    session.flush()


def find(session: Session, account_id: UUID, schedule_id: UUID, *, lock: bool = False) -> Schedule:
    return owned(session, Schedule, schedule_id, account_id, lock=lock)


def listed(
    session: Session, account_id: UUID, *, limit: int, cursor: str | None,
    pool_id: UUID | None = None, member_id: UUID | None = None,
) -> Page[Schedule]:  # fmt: skip
    """By name. A pool's list holds those of its members too."""
    wanted = select(Schedule).where(Schedule.account_id == account_id)
    if member_id is not None:
        wanted = wanted.where(Schedule.member_id == member_id)
    if pool_id is not None:
        wanted = wanted.where(Schedule.pool_id == pool_id)
    after = decode(cursor, 2)
    if after:
        name, last = str(after[0]), _uuid(after[1])
        wanted = wanted.where(or_(Schedule.name > name, and_(Schedule.name == name, Schedule.id > last)))
    rows = session.scalars(wanted.order_by(Schedule.name, Schedule.id).limit(limit + 1)).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode(more.name, str(more.id)) if more else None)


def runs_page(session: Session, schedule: Schedule, *, limit: int, cursor: str | None) -> Page[ScheduleRun]:
    """Newest first."""
    wanted = select(ScheduleRun).where(ScheduleRun.schedule_id == schedule.id)
    after = decode(cursor, 1)
    if after:
        wanted = wanted.where(ScheduleRun.slot < _moment(after[0]))
    rows = session.scalars(wanted.order_by(ScheduleRun.slot.desc()).limit(limit + 1)).all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], encode(more.slot.isoformat()) if more else None)


def _uuid(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        decode("broken", 2)
        raise


def _moment(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
        if found.tzinfo is None:
            raise ValueError(text)
    except ValueError:
        decode("broken", 1)
        raise
    return found


def _record(session: Session, row: Schedule, actor: Actor, what: str) -> None:
    audit.record(
        session, actor, f"schedule.{what}", account_id=row.account_id, target_type="schedule", target_id=row.id,
        details={"name": row.name, "command": row.command, "cron": row.cron, "enabled": row.enabled},
    )  # fmt: skip
    tell(session, row, "changed")


def tell(session: Session, row: Schedule, what: str, **more: Any) -> None:
    outbox.emit(
        session, f"schedule.{what}", account_id=row.account_id, pool_id=row.pool_id, member_id=row.member_id,
        payload={"scheduleId": str(row.id), "name": row.name, "command": row.command, **more},
    )  # fmt: skip
