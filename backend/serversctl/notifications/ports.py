"""What a message is, and what a channel must be able to do with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Protocol

from ..kernel.plugins import Registry

Check = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. Plain text only: each channel escapes it for its own medium."""

    kind: str
    subject: str
    lines: tuple[str, ...]
    severity: str = "info"  # info | warning | critical
    link: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery of a message. `dedupe_id` is the same in every attempt, so that receivers can drop doubles."""

    message: Message
    dedupe_id: str
    at: str  # RFC 3339, when it happened
    account_email: str  # where mail goes when a channel names nobody


class DeliveryFailed(Exception):
    """A message did not get through. `permanent` says that trying again cannot help."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class Channel(Protocol):
    """A way out. Made for one delivery; `send` returns when the other side took it, or raises DeliveryFailed."""

    kind: ClassVar[str]
    title: ClassVar[str]
    config_class: ClassVar[type[Any]]

    def __init__(self, config: Any, tools: Tools) -> None: ...

    def send(self, parcel: Parcel) -> None: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What channels may use: the installation's settings and its one way out."""

    settings: Any
    outbound: Any
    now: Callable[[], float]  # Unix seconds


CHANNELS: Registry[type[Any]] = Registry("notification channel")


def channel(cls: type[Any]) -> type[Any]:
    """Class decorator: register a channel under its `kind`."""
    CHANNELS.register(cls.kind, cls)
    return cls


def option(
    label: str, help_text: str, *, default: Any = MISSING, secret: bool = False, check: Check | None = None
) -> Any:
    """A Config field that can draw itself in a form. `check` returns the cleaned value or raises ValueError."""
    metadata = {"label": label, "help": help_text, "secret": secret, "check": check}
    if default is MISSING:
        return field(metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True)
class Option:
    """One field of a channel's Config, for forms."""

    name: str
    label: str
    help: str
    secret: bool
    required: bool
    type: str  # text | list


def options_of(config: type[Any]) -> list[Option]:
    return [
        Option(
            name=spec.name,
            label=spec.metadata["label"],
            help=spec.metadata["help"],
            secret=spec.metadata["secret"],
            required=spec.default is MISSING,
            type="list" if "tuple" in str(spec.type) else "text",
        )
        for spec in fields(config)
    ]


def read_config(config: type[Any], values: Mapping[str, Any]) -> tuple[Any | None, dict[str, list[str]]]:
    """A Config from plain values, or sentences by field."""
    specs = {spec.name: spec for spec in fields(config)}
    errors = {name: ["This channel has no such field."] for name in values if name not in specs}
    clean: dict[str, Any] = {}
    for name, spec in specs.items():
        value = values.get(name)
        if value is None or value == "":
            if spec.default is MISSING:
                errors[name] = [f"{spec.metadata['label']} is needed: {spec.metadata['help']}"]
            continue
        try:
            clean[name] = spec.metadata["check"](value) if spec.metadata["check"] else value
        except ValueError as why:
            errors[name] = [str(why)]
    return (None, errors) if errors else (config(**clean), {})
