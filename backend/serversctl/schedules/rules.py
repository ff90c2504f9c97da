"""When a schedule is due: values only. Cron expressions have five fields and mean UTC."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..kernel.cron import checked, next_slot, next_slots, sentence_of, slot_before

__all__ = ["checked", "next_slot", "next_slots", "sentence_of", "slot_before"]

JITTER_MAX_SEC = 3600
# A slot that is picked up later than this was missed: the control plane was away.
ON_TIME = timedelta(minutes=2)
RUNS_KEPT = 200


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
