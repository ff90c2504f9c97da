"""Schedules ready to be taken: one file each, with a PRESET. Found by folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """`level`: where it belongs, member or pool."""

    id: str
    title: str
    description: str
    command: str
    cron: str
    level: str
    params: Mapping[str, Any] = field(default_factory=dict)
    jitter_sec: int = 0
    missed_policy: str = "skip"
