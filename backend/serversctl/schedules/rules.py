"""When a schedule is due: values only. Cron expressions have five fields and mean UTC."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cron_descriptor import FormatError, MissingFieldError, Options, get_description
from croniter import CroniterBadDateError, croniter

from ..kernel.errors import Invalid

JITTER_MAX_SEC = 3600
# A slot that is picked up later than this was missed: the control plane was away.
ON_TIME = timedelta(minutes=2)
RUNS_KEPT = 200
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun"
ALLOWED = re.compile(rf"(?:[0-9*,/-]|{_NAMES})+", re.IGNORECASE)
FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")


class Missed(StrEnum):
    """What becomes of slots that passed while nobody was there: at most the newest runs."""

    SKIP = "skip"
    RUN_ONCE = "run_once"


class RunState(StrEnum):
    ORDERED = "ordered"
    SKIPPED = "skipped"
    MISSED = "missed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. `slot` is the one to claim, None when nothing is due; `missed`: it only goes into the history."""

    slot: datetime | None
    missed: bool
    more_missed: bool
    next_slot: datetime


def checked(cron: str, now: datetime) -> str:
    """The expression with single blanks. Raises Invalid: `cron_invalid`, or `schedule_never_runs`."""
    parts = cron.split()
    if len(parts) != len(FIELDS):
        raise _wrong(f"Use five fields ({', '.join(FIELDS)}); this has {len(parts)}.")
    for part, name in zip(parts, FIELDS, strict=True):
        if not ALLOWED.fullmatch(part):
            raise _wrong(f"The field for the {name} may hold numbers, names such as mon or jan, and * , - / only.")
    text = " ".join(parts)
    try:
        next_slot(text, now)
    except CroniterBadDateError:
        sentence = f"{text} never comes: there is no such day in the calendar. Choose another day or month."
        raise Invalid("schedule_never_runs", sentence, errors={"cron": [sentence]}) from None
    except (ValueError, KeyError) as why:
        raise _wrong(f"This is no cron expression: {str(why) or type(why).__name__}.") from why
    return text


def _wrong(sentence: str) -> Invalid:
    return Invalid("cron_invalid", sentence, errors={"cron": [sentence]})


def sentence_of(cron: str) -> str:
    """The expression in words."""
    options = Options()
    options.use_24hour_time_format = True
    try:
        return f"{get_description(cron, options)} (UTC)"
    except (FormatError, MissingFieldError, ValueError):
        return f"{cron} (UTC)"


def next_slot(cron: str, after: datetime) -> datetime:
    """The first slot later than `after`."""
    clock: Any = croniter(cron, after)
    found: datetime = clock.get_next(datetime)
    return found


def slot_before(cron: str, before: datetime) -> datetime:
    """The last slot earlier than `before`."""
    clock: Any = croniter(cron, before)
    found: datetime = clock.get_prev(datetime)
    return found


def next_slots(cron: str, after: datetime, count: int) -> list[datetime]:
    clock: Any = croniter(cron, after)
    return [clock.get_next(datetime) for _ in range(count)]


def due_at(schedule_id: object, cron: str, slot: datetime, jitter_sec: int) -> datetime:
    """The slot with its jitter: the same for every worker, and never past the slot after it."""
    if jitter_sec <= 0:
        return slot
    gap = int((next_slot(cron, slot) - slot).total_seconds())
    most = min(jitter_sec, JITTER_MAX_SEC, max(0, gap - 1))
    digest = hashlib.sha256(f"{schedule_id}|{slot.isoformat()}".encode()).digest()
    return slot + timedelta(seconds=int.from_bytes(digest[:8], "big") % (most + 1))


def plan(schedule_id: object, cron: str, *, expected: datetime, now: datetime, jitter_sec: int, missed: Missed) -> Plan:
    """Decide about the slots from `expected` on that have passed by `now`."""
    if due_at(schedule_id, cron, expected, jitter_sec) > now:
        return Plan(None, missed=False, more_missed=False, next_slot=expected)
    newest = slot_before(cron, now + timedelta(seconds=1))
    if newest > expected and due_at(schedule_id, cron, newest, jitter_sec) > now:
        newest = slot_before(cron, newest)
    newest = max(newest, expected)
    late = now - due_at(schedule_id, cron, newest, jitter_sec) > ON_TIME
    return Plan(
        newest,
        missed=late and missed is Missed.SKIP,
        more_missed=newest > expected,
        next_slot=next_slot(cron, newest),
    )
