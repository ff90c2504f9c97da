"""A reload of HAProxy once a week."""

from . import Preset

PRESET = Preset(
    id="haproxy_reload",
    title="Reload HAProxy",
    description="Checks the configuration and reloads, every Sunday.",
    command="haproxy.reload",
    cron="0 4 * * 0",
    level="member",
    jitter_sec=300,
)
