"""30 days of 5-minute means: one packed row per member and day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from . import rings
from .latest import LatestFacts
from .tables import MemberDay

DAYS_KEPT = 30
BATCH = 500


def last_means(facts: LatestFacts, ids: Sequence[UUID], now: float) -> dict[UUID, bytes]:
    """The mean of the last full 5 minutes by member; members that were not heard in them are left out."""
    end = int(now // rings.DAY.step_sec) * rings.DAY.step_sec
    found = {}
    for member_id, samples in facts.coarse_histories(ids, now).items():
        mean = rings.average([s for s in samples if end - rings.DAY.step_sec <= s.at < end])
        if mean is not None:
            found[member_id] = mean
    return found


def write(session: Session, means: Mapping[UUID, bytes], now: float) -> None:
    """Put each mean into its slot. Doing it twice changes nothing."""
    began = datetime.fromtimestamp(int(now // rings.DAY.step_sec - 1) * rings.DAY.step_sec, UTC)
    slot = (began.hour * 3600 + began.minute * 60) // rings.DAY.step_sec * rings.SLOT.size
    day = began.date()
    known = {
        row.member_id: row
        for row in session.scalars(select(MemberDay).where(MemberDay.day == day, MemberDay.member_id.in_(list(means))))
    }
    for member_id, mean in means.items():
        row = known.get(member_id)
        if row is None:
            row = MemberDay(member_id=member_id, day=day, slots=bytes(rings.DAY.size_bytes))
            session.add(row)
        row.slots = row.slots[:slot] + bytes(2) + mean + row.slots[slot + rings.SLOT.size :]


def read(session: Session, member_id: UUID, now: datetime) -> list[rings.Sample]:
    """Oldest first."""
    rows = session.scalars(
        select(MemberDay).where(MemberDay.member_id == member_id, MemberDay.day >= _first(now)).order_by(MemberDay.day)
    )
    found: list[rings.Sample] = []
    for row in rows:
        midnight = datetime(row.day.year, row.day.month, row.day.day, tzinfo=UTC)
        found += rings.unpack_day(row.slots, int(midnight.timestamp()))
    return found


def forget_old(session: Session, now: float) -> None:
    session.execute(delete(MemberDay).where(MemberDay.day < _first(datetime.fromtimestamp(now, UTC))))


def _first(now: datetime) -> date:
    return (now - timedelta(days=DAYS_KEPT)).date()
