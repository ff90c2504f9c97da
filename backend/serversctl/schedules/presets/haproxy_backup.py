"""A backup of HAProxy every night."""

from . import Preset

PRESET = Preset(
    id="haproxy_backup",
    title="Back up HAProxy",
    description="Configuration, certificates and what they refer to, every night.",
    command="backup.haproxy",
    cron="30 2 * * *",
    level="member",
    jitter_sec=900,
    missed_policy="run_once",
)
