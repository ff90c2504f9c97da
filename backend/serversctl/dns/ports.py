"""What a DNS provider is to us: zones, records at one name, changes in place, and a small tree of errors."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol

from ..kernel.errors import DomainError
from ..kernel.outbound import Outbound
from ..kernel.plugins import Registry

# The types at a name that decide where a client goes. HTTPS carries address hints of its own.
WATCHED = ("A", "AAAA", "CNAME", "HTTPS")
ADDRESS_TYPES = ("A", "AAAA")
TEXT: Literal["TXT"] = "TXT"
TEXT_MAX = 255
_QUOTED = re.compile(r'"([^"]*)"')

Fence = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Zone:
    """`ref` is what the provider calls it (an id at Cloudflare, the name elsewhere)."""

    name: str
    ref: str
    status: str = "active"


@dataclass(frozen=True, slots=True)
class Record:
    """One record at a name. `id` is the provider's own, or type/content where records have none."""

    id: str
    type: str
    content: str
    ttl: int
    proxied: bool = False

    @property
    def key(self) -> str:
        return f"{self.type}/{self.content}"


class ChangeKind(StrEnum):
    UPDATE = "update"
    CREATE = "create"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """`before` is None for a create, `after` for a delete; an update keeps the record's id."""

    kind: ChangeKind
    before: Record | None
    after: Record | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The step from what is there to what is wanted; `before` and `after` are the whole watched set of the name."""

    before: tuple[Record, ...]
    changes: tuple[Change, ...]
    after: tuple[Record, ...]
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider can do. ttl_auto: the number that means "you choose", where there is one."""

    ttl_min: int
    ttl_max: int
    ttl_auto: int | None = None
    # What "automatic" and proxied names are served with, for the bound that we show.
    ttl_auto_sec: int = 300
    can_proxy: bool = False
    # Requests in a window; 0 means that the provider names no limit.
    requests: int = 0
    window_sec: int = 300


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """What a credential may do, as far as the provider tells."""

    ok: bool
    detail: str
    fix: str = ""
    zones: tuple[str, ...] = ()
    expires_at: str | None = None
    permissions: tuple[str, ...] = ()


class ProviderError(DomainError):
    """A provider said no, or nothing."""

    code_default = "dns_provider_error"
    status = 422
    retry = False

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(code or self.code_default, detail, permanent=not self.retry)


class ProviderUnauthorized(ProviderError):
    """The credential is unknown, expired or lacks a permission. Retrying does not help."""

    code_default = "dns_credential_refused"


class Refused(ProviderError):
    """The provider understood and will not: wrong zone, bad value."""

    code_default = "dns_refused"


class RateLimited(ProviderError):
    """Too many requests, theirs or our own budget."""

    code_default = "dns_rate_limited"
    status = 429
    retry = True

    def __init__(self, detail: str, *, retry_after_sec: float, from_provider: bool = True) -> None:
        super().__init__(detail)
        self.retry_after_sec = retry_after_sec
        self.from_provider = from_provider


class ProviderUnavailable(ProviderError):
    """No answer to a read, or a refusal that is about them and not about us: try again."""

    code_default = "dns_provider_unavailable"
    status = 503
    retry = True


class OutcomeUnknown(ProviderError):
    """A write was sent and its answer was lost. It may be applied, not applied, or come late: read before writing."""

    code_default = "dns_outcome_unknown"
    status = 503
    retry = True


class Stale(ProviderError):
    """The zone changed between our read and our write, and the provider noticed: read again."""

    code_default = "dns_zone_changed"
    status = 409
    retry = True


def canonical(kind: str, content: str) -> str:
    """One spelling per value: providers write IPv6 and names in several."""
    if kind in ADDRESS_TYPES:
        try:
            return str(ipaddress.ip_address(content))
        except ValueError:
            return content
    return content.rstrip(".").lower() if kind == "CNAME" else content


def plain_text(content: str) -> str:
    """A TXT record's value without quotes; several character strings are one value (RFC 1035 3.3.14)."""
    parts = _QUOTED.findall(content)
    return "".join(parts) if parts else content


def quoted_text(value: str) -> str:
    """A value as one quoted character string. Raises Refused for what would need escapes: nothing of ours does."""
    if not value or len(value) > TEXT_MAX or not value.isascii() or not value.isprintable() or set(value) & set('"\\'):
        raise Refused("A TXT value here has 1 to 255 printable ASCII characters, without quotes and backslashes.")
    return f'"{value}"'


def nothing() -> None:
    """A meter or fence that always lets through."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a provider says of its own count: requests left until it begins anew, and of how many in which time."""

    left: int
    reset_sec: float
    quota: int | None = None
    window_sec: int | None = None


def unheard(allowance: Allowance) -> None:
    """For callers without a budget."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the house lends to a provider.

    `meter` is called before every request and raises RateLimited; `heard` after an answer that tells the allowance.
    """

    outbound: Outbound = field(default_factory=Outbound)
    cloudflare_api_base: str = "https://api.cloudflare.com/client/v4"
    meter: Callable[[], None] = nothing
    heard: Callable[[Allowance], None] = unheard
    timeout_sec: float = 5.0


class Provider(Protocol):
    """One credential's view of a provider. Not shared between threads; close it."""

    kind: ClassVar[str]
    title: ClassVar[str]
    config_class: ClassVar[type[Any]]
    limits: ClassVar[Limits]

    def __init__(self, config: Any, tools: Tools) -> None: ...

    def zones(self, name: str | None = None) -> list[Zone]:
        """All zones, or the one with this name."""
        ...

    def read(self, zone: Zone, name: str) -> tuple[Record, ...]:
        """The watched records at a name (FQDN, lower case, no trailing dot)."""
        ...

    def apply(self, zone: Zone, name: str, plan: Plan, fence: Fence) -> None:
        """Carry out a plan, in place and as one step where the provider can. Calls `fence` right before each write."""
        ...

    def texts(self, zone: Zone, name: str) -> tuple[str, ...]:
        """The TXT values at a name, without quotes."""
        ...

    def add_text(self, zone: Zone, name: str, value: str, ttl: int, fence: Fence) -> None:
        """Add one TXT value beside those that are there (the proof of an ACME challenge). A second add is no harm."""
        ...

    def remove_text(self, zone: Zone, name: str, value: str, fence: Fence) -> None:
        """Remove the TXT record with exactly this value; the others stay. Nothing to remove is fine."""
        ...

    def check(self) -> CredentialReport:
        """Is the credential good, until when, and for which zones?"""
        ...

    def authorities(self, zone: Zone) -> Sequence[tuple[str, int]] | None:
        """Servers to ask for the zone's answers, or None: those that the zone's NS records name."""
        ...

    def close(self) -> None: ...


PROVIDERS: Registry[type[Provider]] = Registry("DNS provider")


def provider(cls: type[Any]) -> type[Any]:
    """Class decorator: register a provider under its `kind`."""
    PROVIDERS.register(cls.kind, cls)
    return cls


# --- configuration fields -------------------------------------------------------------------------------------

Check = Callable[[Any], Any]


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
    """One field of a provider's Config, for forms and schemas."""

    name: str
    label: str
    help: str
    secret: bool
    required: bool
    type: type
    default: Any


def options_of(config: type[Any]) -> list[Option]:
    return [
        Option(
            name=f.name,
            label=f.metadata["label"],
            help=f.metadata["help"],
            secret=f.metadata["secret"],
            required=f.default is MISSING,
            type=int if f.type in ("int", int) else str,
            default=None if f.default is MISSING else f.default,
        )
        for f in fields(config)
    ]


def wire_name(name: str) -> str:
    """A field as it is called on the wire: `api_token` is `apiToken`."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def make_config(config: type[Any], values: Mapping[str, Any]) -> tuple[Any | None, dict[str, list[str]]]:
    """A Config from plain values, or sentences by field (in wire names)."""
    errors: dict[str, list[str]] = {}
    clean: dict[str, Any] = {}
    known = {f.name: f for f in fields(config)}
    for name in values:
        if name not in known:
            errors[wire_name(name)] = ["This provider has no such field."]
    for name, spec in known.items():
        value = values.get(name)
        if value is None or value == "":
            if spec.default is MISSING:
                errors[wire_name(name)] = [f"{spec.metadata['label']} is needed."]
            continue
        try:
            clean[name] = _typed(value, int if spec.type in ("int", int) else str)
            if spec.metadata["check"] is not None:
                clean[name] = spec.metadata["check"](clean[name])
        except ValueError as why:
            errors[wire_name(name)] = [str(why)]
    return (None, errors) if errors else (config(**clean), {})


def _typed(value: Any, kind: type) -> Any:
    if kind is int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("Use a whole number.")
        return value
    if not isinstance(value, str):
        raise ValueError("Use text.")  # noqa: TRY004
    if value != value.strip() or any(ord(ch) < 32 or ord(ch) == 127 for ch in value):
        raise ValueError("Remove blanks at the ends, line breaks and control characters.")
    return value


def check_token(value: str) -> str:
    """Secrets travel in HTTP headers: printable ASCII without blanks."""
    if not value.isascii() or any(ch.isspace() for ch in value) or len(value) > 400:
        raise ValueError("Use the token as it was given: ASCII characters without blanks, at most 400.")
    return value


def check_host(value: str) -> str:
    """A host name or an IP address, without scheme, port or path."""
    text = value.strip("[]").lower().rstrip(".")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    labels = text.split(".")
    good = all(
        label and len(label) <= 63 and label.replace("-", "a").replace("_", "a").isalnum() and label.isascii()
        for label in labels
    )
    if not good or len(text) > 253:
        raise ValueError("Use a host name or an IP address alone, without https:// and without a path.")
    return text


def check_port(value: int) -> int:
    if not 0 < value < 65536:
        raise ValueError("Use a port from 1 to 65535.")
    return value
