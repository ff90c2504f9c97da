"""The presets that exist, and whether each fits a member or a pool."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..jobs.catalogue import Catalogue
from ..jobs.fit import misfit
from ..jobs.ports import MemberFacts
from ..kernel.errors import DomainError
from ..kernel.plugins import load_all
from . import presets
from .presets import Preset
from .rules import sentence_of


@cache
def all_presets() -> tuple[Preset, ...]:
    return tuple(module.PRESET for module in load_all(presets))


def offered(catalogue: Catalogue, level: str, facts: MemberFacts | None) -> list[dict[str, Any]]:
    """Every preset of this level; one that does not fit says why."""
    return [
        {
            "id": preset.id,
            "title": preset.title,
            "description": preset.description,
            "command": preset.command,
            "params": dict(preset.params),
            "cron": preset.cron,
            "sentence": sentence_of(preset.cron),
            "jitter_sec": preset.jitter_sec,
            "missed_policy": preset.missed_policy,
            "available": reason is None,
            "reason": reason,
        }
        for preset, reason in ((preset, why_not(catalogue, preset, facts)) for preset in all_presets())
        if preset.level == level
    ]


def why_not(catalogue: Catalogue, preset: Preset, facts: MemberFacts | None) -> str | None:
    try:
        command = catalogue.find(preset.command)
    except DomainError:
        return f"This control plane has no command {preset.command}: build the agent that has it."
    wrong = misfit(command.id, command.applies, facts)
    return wrong[1] if wrong else None
