"""The use cases of schedules. Each takes a Session; the edge opens and commits it."""

from .keeping import Wish, change, create, delete, find, listed, runs_page
from .overview import cron_overview, last_runs
from .running import due_ids, run_by_hand, run_due

__all__ = [
    "Wish",
    "change",
    "create",
    "cron_overview",
    "delete",
    "due_ids",
    "find",
    "last_runs",
    "listed",
    "run_by_hand",
    "run_due",
    "runs_page",
]
