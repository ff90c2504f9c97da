"""The use cases of notifications. Each takes a Session; the edge opens and commits it."""

from .channels import channel_config, channels_of, create_channel, find_channel, remove_channel, update_channel
from .log import deliveries_page, due_deliveries, forget_old, last_deliveries
from .planning import Target, plan, plan_letter
from .sending import Outcome, record, take

__all__ = [
    "Outcome",
    "Target",
    "channel_config",
    "channels_of",
    "create_channel",
    "deliveries_page",
    "due_deliveries",
    "find_channel",
    "forget_old",
    "last_deliveries",
    "plan",
    "plan_letter",
    "record",
    "remove_channel",
    "take",
    "update_channel",
]
