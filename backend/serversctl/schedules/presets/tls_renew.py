"""Certificates renewed by the calendar."""

from . import Preset

PRESET = Preset(
    id="tls_renew",
    title="Renew certificates",
    description="Renews all of the pool's certificates on the first of each month. They are renewed in time without it.",
    command="tls.acme_renew_force",
    cron="0 3 1 * *",
    level="pool",
    jitter_sec=1800,
)
