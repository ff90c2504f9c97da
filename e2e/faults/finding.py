"""What a fault's runs came to: a row of the summary."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Say = Callable[[str], None]


@dataclass
class Finding:
    """`figures` are for reading; `misses` says each run that broke the bound, and must stay empty."""

    code: str
    what: str
    bound: str
    runs: int = 0
    figures: dict[str, str] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return self.runs > 0 and not self.misses


def share(values: Sequence[float], part: float) -> float:
    """The value that this part of the runs stayed at or below (nearest rank): 0.99 of 200 runs is the 198th."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else math.nan


def span(values: Sequence[float]) -> dict[str, str]:
    return {name: f"{share(values, part):.2f} s" for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}
