"""The commands that exist: the agent's, from the built `commands.json`, and our own, from each room's `commands.py`."""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import serversctl

from ..kernel.errors import Invalid, NotFound
from ..kernel.plugins import Registry
from .rules import Danger

log = logging.getLogger(__name__)

LONGEST_TEXT = 4096
AGENT, HERE = "agent", "control_plane"


@dataclass(frozen=True, slots=True)
class Order:
    """What a command of the control plane gets to know when it runs."""

    job_id: UUID
    account_id: UUID
    pool_id: UUID
    member_id: UUID | None
    params: Mapping[str, Any]


class Later(Exception):
    """Raised by a command of the control plane that waits for somebody else: it is run again, in the same attempt.

    What it did so far it has to have stored itself. The queue is free meanwhile.
    """

    def __init__(self, step: str, *, retry_in_sec: int) -> None:
        super().__init__(step)
        self.step = step
        self.retry_in_sec = retry_in_sec


@dataclass(frozen=True, slots=True)
class Command:
    """One entry of the catalogue. `params` maps a name to {type, title, help?, required?, default?, min?, max?, …}."""

    id: str
    title: str
    description: str
    danger: Danger
    timeout_sec: int
    idempotent: bool
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    applies: Mapping[str, Any] = field(default_factory=dict)
    stops_haproxy: bool = False
    resource: str | None = None
    runs_on: str = AGENT
    # Only for commands that run here: gets the Wiring and the order, answers the job's result.
    run: Callable[[Any, Order], Mapping[str, Any]] | None = None

    @property
    def max_attempts(self) -> int:
        return 3 if self.idempotent else 1

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters with their defaults. Raises Invalid naming every wrong one."""
        wrong: dict[str, list[str]] = {}
        known = ", ".join(sorted(self.params)) or "none"
        for name in given:
            if name not in self.params:
                wrong[f"params.{name[:40]}"] = [f"This command has no such parameter; it has {known}."]
        checked: dict[str, Any] = {}
        for name, spec in self.params.items():
            if name in given:
                sentence = what_is_wrong(spec, given[name])
                if sentence:
                    wrong[f"params.{name}"] = [sentence]
                checked[name] = given[name]
            elif "default" in spec:
                checked[name] = spec["default"]
            elif spec.get("required"):
                wrong[f"params.{name}"] = [f"Missing: {spec.get('help') or spec.get('title') or name}."]
        if wrong:
            first = next(iter(wrong))
            raise Invalid("params_invalid", f"{first}: {wrong[first][0]}", errors=wrong)
        return checked


def what_is_wrong(spec: Mapping[str, Any], value: Any) -> str | None:
    """A sentence about a value that its declaration does not allow, or None."""
    kind = spec.get("type")
    if kind == "boolean":
        return None if isinstance(value, bool) else "Use true or false."
    if kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int):
            return "Use a whole number."
        low, high = spec.get("min"), spec.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            return f"Use a number from {low} to {high}."
    else:
        sentence = _wrong_text(spec, value)
        if sentence:
            return sentence
    choices = spec.get("choices")
    if choices and value not in choices:
        return "Use one of " + ", ".join(map(str, choices)) + "."
    return None


def _wrong_text(spec: Mapping[str, Any], value: Any) -> str | None:
    if not isinstance(value, str):
        return "Use text."
    if len(value) > LONGEST_TEXT:
        return f"Use at most {LONGEST_TEXT} characters."
    if any(ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF for char in value):
        return "Use text without control characters."
    if spec.get("pattern") and not re.fullmatch(spec["pattern"], value):
        return f"Not allowed here: {spec.get('help') or spec['pattern']}"
    if value.startswith("-") and not spec.get("dashAllowed"):
        return "It must not begin with a dash: a program would take it for an option."
    return None


class Catalogue:
    """Every command by id."""

    def __init__(self, commands: list[Command]) -> None:
        self._commands: Registry[Command] = Registry("command")
        for command in commands:
            self._commands.register(command.id, command)

    def __iter__(self) -> Iterator[Command]:
        return (command for _, command in self._commands.items())

    def get(self, command_id: str) -> Command:
        """The command, or NotFound-by-field: an unknown id is the caller's mistake."""
        found = self._commands.get(command_id)
        if found is None:
            sentence = f"There is no command {command_id[:64]!r}: see GET /api/commands."
            raise Invalid("command_unknown", sentence, errors={"command": [sentence]})
        return found

    def find(self, command_id: str) -> Command:
        found = self._commands.get(command_id)
        if found is None:
            raise NotFound("command_not_found", "There is no such command: see GET /api/commands.")
        return found


def agent_folders(agent_dist: str) -> list[Path]:
    """Where the built agent may be: as set, inside the installed package, or in the checkout."""
    package = Path(serversctl.__file__).parent
    if agent_dist:
        return [Path(agent_dist)]
    return [package / "agent_dist", package.parents[1] / "agent" / "dist"]


def read_agent_commands(folders: list[Path]) -> list[Command]:
    """The commands of the agent that this control plane hands out; none when no built agent is found."""
    for folder in folders:
        file = folder / "commands.json"
        if file.is_file():
            document = json.loads(file.read_text("utf-8"))
            entries = document["commands"] if isinstance(document, dict) else document
            return [_from_declaration(entry) for entry in entries]
    log.warning("no commands.json in %s: build the agent with `make agent`", ", ".join(map(str, folders)))
    return []


def _from_declaration(entry: Mapping[str, Any]) -> Command:
    return Command(
        id=entry["id"],
        title=entry["title"],
        description=entry.get("description", ""),
        danger=Danger(entry["danger"]),
        timeout_sec=entry["timeoutSec"],
        idempotent=entry["idempotent"],
        params=entry.get("params") or {},
        applies=entry.get("applies") or {},
        stops_haproxy=entry.get("stopsHaproxy", False),
        resource=None if entry.get("resource") in {None, "", "none"} else entry["resource"],
    )


def read_own_commands() -> list[Command]:
    """`COMMANDS` of each room's `commands.py`."""
    found: list[Command] = []
    for info in pkgutil.iter_modules(serversctl.__path__):
        name = f"serversctl.{info.name}.commands"
        spec = importlib.util.find_spec(name) if info.ispkg else None
        if spec is not None and spec.submodule_search_locations is None:  # a folder of that name is the CLI's
            found += importlib.import_module(name).COMMANDS
    return found


def load(agent_dist: str) -> Catalogue:
    """The whole catalogue. Read once per process: a new agent build comes with a restart."""
    return Catalogue(read_agent_commands(agent_folders(agent_dist)) + read_own_commands())
