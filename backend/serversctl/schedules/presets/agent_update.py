"""The newest agent, once a week."""

from . import Preset

PRESET = Preset(
    id="agent_update",
    title="Update the agent",
    description="Installs the release that this control plane offers, every Tuesday; nothing happens when it is there already.",
    command="agent.update",
    cron="0 5 * * 2",
    level="member",
    jitter_sec=1800,
)
