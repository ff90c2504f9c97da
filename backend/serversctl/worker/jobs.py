"""The worker's own periodic work."""

from __future__ import annotations

from .drain import forget_done

PERIODIC = [("outbox-retention", 3600, forget_done)]
