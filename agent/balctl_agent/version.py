"""The agent's release number: one integer that only grows."""

AGENT_VERSION = 100
RELEASED = "2026-11-21T00:00:00Z"  # goes into the signed manifest; a release changes both lines
