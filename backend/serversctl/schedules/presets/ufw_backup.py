"""A backup of the firewall every night."""

from . import Preset

PRESET = Preset(
    id="ufw_backup",
    title="Back up the firewall",
    description="The rules of ufw, every night.",
    command="backup.ufw",
    cron="45 2 * * *",
    level="member",
    jitter_sec=900,
    missed_policy="run_once",
)
