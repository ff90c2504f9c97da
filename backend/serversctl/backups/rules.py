"""Which snapshots stay: grandfather, father, son, and never without one that was proved. Values only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """A usable snapshot as the rule sees it. `at` is UTC."""

    id: UUID
    at: datetime
    complete: bool
    proved: bool


@dataclass(frozen=True, slots=True)
class Keep:
    """How many to keep: the newest ones, and one for each of the last days, weeks and months that have one."""

    last: int
    daily: int
    weekly: int
    monthly: int


def reasons_to_keep(snapshots: Sequence[Kept], keep: Keep) -> dict[UUID, list[str]]:
    """Why each snapshot stays; one that is not in the answer may go.

    The newest complete one and the newest proved one always stay, whatever the numbers say.
    """
    newest = sorted(snapshots, key=lambda one: one.at, reverse=True)
    reasons: dict[UUID, list[str]] = {}

    def note(one: Kept, reason: str) -> None:
        reasons.setdefault(one.id, []).append(reason)

    for one in newest[: keep.last]:
        note(one, f"one of the last {keep.last}" if keep.last > 1 else "the last one")
    spans: tuple[tuple[int, str, Callable[[datetime], object]], ...] = (
        (keep.daily, "day", lambda at: at.date()),
        (keep.weekly, "week", lambda at: tuple(at.isocalendar())[:2]),
        (keep.monthly, "month", lambda at: (at.year, at.month)),
    )
    for count, name, span in spans:
        seen: set[object] = set()
        for one in newest:
            if span(one.at) not in seen and len(seen) < count:
                seen.add(span(one.at))
                note(one, f"the last of its {name}")
    for one in newest:
        if one.complete:
            note(one, "the newest complete one")
            break
    for one in newest:
        if one.proved:
            note(one, "the newest one that was proved")
            break
    return reasons
