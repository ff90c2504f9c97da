"""The life of a workflow and of its steps: values only."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class State(StrEnum):
    """`waiting`: open, and held up by something that the workflow's `error` names; it goes on by itself."""

    RUNNING = "running"
    WAITING = "waiting"
    CANCELLING = "cancelling"
    UNDOING = "undoing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


class StepState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


OPEN = frozenset({State.RUNNING, State.WAITING, State.CANCELLING, State.UNDOING})
ENDED = frozenset(State) - OPEN
# A step in one of these has a job that somebody waits for.
BUSY = frozenset({StepState.RUNNING, StepState.UNDOING})
BROKEN = frozenset({StepState.FAILED, StepState.CANCELLED, StepState.UNDO_FAILED})


def may_retry(state: str, steps: Sequence[str]) -> bool:
    return state in {State.FAILED, State.CANCELLED} and (
        any(step in BROKEN for step in steps) or StepState.WAITING in steps
    )


def may_undo(state: str, steps: Sequence[tuple[str, bool]]) -> bool:
    """`steps`: (state, has an undo). Only what completed can be taken back."""
    return state in {State.COMPLETED, State.FAILED, State.CANCELLED} and any(
        done in {StepState.COMPLETED, StepState.UNDO_FAILED} and undo for done, undo in steps
    )
