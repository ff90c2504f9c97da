"""Cron expressions of five fields, in UTC: checked, in words, and when they come."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cron_descriptor import FormatError, MissingFieldError, Options, get_description
from croniter import CroniterBadDateError, croniter

from .errors import Invalid

_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun"
FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
ALLOWED = re.compile(rf"(?:[0-9*,/-]|{_NAMES})+", re.IGNORECASE)


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
