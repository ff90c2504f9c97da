"""The agent's words for an ending: `completed` or `failed`, and a code where it knows why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rules import Ending

CODES = {
    "cancelled": Ending.CANCELLED,
    "timed_out": Ending.TIMED_OUT,
    "interrupted": Ending.INTERRUPTED,
    # The job's own process died without a result: what it did before is as unknown as after a crash of the agent.
    "crashed": Ending.INTERRUPTED,
}


def ending_of(status: str, error: str | None, result: Mapping[str, Any] | None) -> Ending:
    """The ending. The code stands in `result.code`, or before the colon of `error`; an unknown one is a failure."""
    if status == "completed":
        return Ending.COMPLETED
    code = (result or {}).get("code") or (error or "").partition(":")[0]
    return CODES.get(code, Ending.FAILED) if isinstance(code, str) else Ending.FAILED
