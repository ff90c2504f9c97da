"""The use cases of failover. Each takes a Session; the edge opens and commits it."""

from .cutover import order_cutover
from .events import (
    account_events_page,
    event_of,
    events_page,
    fields_of,
    holds_of,
    incident,
    last_event,
    timeline_of,
)
from .halting import halt, resume
from .looking import Look, look
from .promoting import promote
from .setting_up import setup_steps
from .settings import acknowledge, change_settings, pause, settings_of

__all__ = [
    "Look",
    "account_events_page",
    "acknowledge",
    "change_settings",
    "event_of",
    "events_page",
    "fields_of",
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
    "setup_steps",
    "timeline_of",
]
