"""The use cases of workflows. Each takes a Session; the edge opens and commits it."""

from .advancing import advance
from .look import by_ids, flow_of_account, forget_old, latest_of_kind, of_job, open_ids, page, steps_of
from .starting import start
from .steering import cancel, retry, undo
from .tools import Tools

__all__ = [
    "Tools",
    "advance",
    "by_ids",
    "cancel",
    "flow_of_account",
    "forget_old",
    "latest_of_kind",
    "of_job",
    "open_ids",
    "page",
    "retry",
    "start",
    "steps_of",
    "undo",
]
