"""Jobs by the clock: cron expressions in UTC that order a command for a member or a pool."""
