"""Commands declare themselves here; one file per command."""

from __future__ import annotations

import re
from collections.abc import Callable

from .params import KINDS

DANGERS = ("read", "change", "dangerous")
CommandFunction = Callable[..., "dict[str, object]"]  # (JobContext, checked parameters) -> result
COMMANDS: dict[str, Command] = {}


class Command:
    """What a command is: shown by the dashboard, checked by the control plane and again by the agent."""

    __slots__ = (
        "applies",
        "danger",
        "description",
        "function",
        "hidden_params",
        "id",
        "idempotent",
        "params",
        "resource",
        "stops_haproxy",
        "timeout_sec",
        "title",
    )

    def __init__(self, command_id: str, function: CommandFunction, **declared: object) -> None:
        self.id = command_id
        self.function = function
        self.title = str(declared["title"])
        self.description = str(declared["description"])
        self.params: dict[str, dict[str, object]] = declared.get("params") or {}  # type: ignore[assignment]
        self.hidden_params: dict[str, dict[str, object]] = declared.get("hidden_params") or {}  # type: ignore[assignment]
        self.applies: dict[str, str] = declared.get("applies") or {}  # type: ignore[assignment]
        self.danger = str(declared["danger"])
        self.timeout_sec = int(declared["timeout_sec"])  # type: ignore[call-overload]
        self.idempotent = bool(declared["idempotent"])
        self.stops_haproxy = bool(declared.get("stops_haproxy", False))
        self.resource = str(declared["resource"])

    def declaration(self) -> dict[str, object]:
        """The entry in commands.json. Hidden parameters are filled in by the control plane, never by a person."""
        return {
            "id": self.id, "title": self.title, "description": self.description, "params": self.params, "applies": self.applies,
            "danger": self.danger, "timeoutSec": self.timeout_sec, "idempotent": self.idempotent, "stopsHaproxy": self.stops_haproxy,
            "resource": self.resource,
        }  # fmt: skip


def command(command_id: str, **declared: object) -> Callable[[CommandFunction], CommandFunction]:
    """Register the function below as `area.verb_object`. Raises ValueError for a careless declaration."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", command_id):
        raise ValueError(f"{command_id}: a command id is area.verb_object")
    if command_id in COMMANDS:
        raise ValueError(f"{command_id} is declared twice")

    def register(function: CommandFunction) -> CommandFunction:
        entry = Command(command_id, function, **declared)
        if entry.danger not in DANGERS:
            raise ValueError(f"{command_id}: danger must be one of {', '.join(DANGERS)}")
        for name, spec in {**entry.params, **entry.hidden_params}.items():
            if spec.get("type") not in KINDS or not spec.get("title"):
                raise ValueError(f"{command_id}: parameter {name} needs a title and a type of {', '.join(KINDS)}")
        COMMANDS[command_id] = entry
        return function

    return register


def command_catalogue() -> list[dict[str, object]]:
    return [COMMANDS[name].declaration() for name in sorted(COMMANDS)]
