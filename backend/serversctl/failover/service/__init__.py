"""The use cases of failover. Each takes a Session; the edge opens and commits it."""

from .cutover import order_cutover
from .events import event_of, events_page, holds_of, incident, last_event, timeline_of
from .halting import halt, resume
from .looking import Look, look
from .promoting import promote
from .settings import acknowledge, change_settings, pause, settings_of

__all__ = [
    "Look",
    "acknowledge",
    "change_settings",
    "event_of",
    "events_page",
    "halt",
    "holds_of",
    "incident",
    "last_event",
    "look",
    "order_cutover",
    "pause",
    "promote",
    "resume",
    "settings_of",
    "timeline_of",
]
