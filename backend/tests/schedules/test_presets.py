"""Every preset in the folder can be taken as it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from serversctl.jobs.catalogue import AGENT, load
from serversctl.schedules import rules
from serversctl.schedules.catalogue import all_presets
from serversctl.schedules.presets import Preset


@pytest.mark.parametrize("preset", all_presets(), ids=lambda preset: preset.id)
def test_a_preset_names_a_command_that_takes_its_parameters(preset: Preset):
    command = load("").find(preset.command)

    command.check(preset.params)
    assert rules.checked(preset.cron, datetime.now(UTC)) == preset.cron
    assert preset.level == "member" or command.runs_on != AGENT
    rules.Missed(preset.missed_policy)
