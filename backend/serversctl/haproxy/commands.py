"""Commands of this room that run in the control plane."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..jobs.catalogue import HERE, Command, Order
from ..jobs.rules import Danger
from ..kernel.errors import Conflict, Invalid
from .rules import regressions

COMPARE = "haproxy.traffic_compare"
_SAMPLE = {"type": "string", "help": "The result of haproxy.traffic_sample as JSON"}


def compare(_wiring: Any, order: Order) -> Mapping[str, Any]:
    """Fails with the reasons when the time after a change is worse than the time before it."""
    try:
        before = json.loads(order.params["before"]) if order.params.get("before") else None
        after = json.loads(order.params["after"])
    except ValueError as why:
        raise Invalid("sample_invalid", "before and after are results of haproxy.traffic_sample.") from why
    worse = regressions(before, after)
    if worse:
        raise Conflict("traffic_regressed", " ".join(worse))
    return {"before": before, "after": after, "verdict": "No worse than before."}


COMMANDS = [
    Command(
        id=COMPARE,
        title="Compare traffic",
        description="Compares two samples of a member's traffic: backends that are down, answers with 5xx, sessions.",
        danger=Danger.READ,
        timeout_sec=30,
        idempotent=True,
        runs_on=HERE,
        params={
            "before": {**_SAMPLE, "title": "Before", "default": ""},
            "after": {**_SAMPLE, "title": "After", "required": True},
        },
        run=compare,
    )
]
