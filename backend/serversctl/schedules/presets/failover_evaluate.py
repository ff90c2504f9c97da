"""A judgement of the pool every hour."""

from . import Preset

PRESET = Preset(
    id="failover_evaluate",
    title="Evaluate failover",
    description="Judges the pool every hour and keeps the answer as a job.",
    command="failover.evaluate",
    cron="0 * * * *",
    level="pool",
)
