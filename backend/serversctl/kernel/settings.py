"""Every SERVERSCTL_ name, once: its default, its meaning and its check."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "SERVERSCTL_"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSetting(Exception):
    """A setting that cannot be used. The message names the variable and the fix."""


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    lowered = value.lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("use 1 or 0")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(f"use a whole number from {low} to {high}")
        return number

    return parse


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError("use one of " + ", ".join(allowed))
        return value

    return parse


def _networks(value: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())


def _https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("use an address that begins with https://")
    return value.rstrip("/")


def _email(value: str) -> str:
    name, at, host = value.rpartition("@")
    if not name or not at or "." not in host or any(ch.isspace() or ch == "," for ch in value):
        raise ValueError("use one e-mail address, for example ops@example.com")
    return value


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("use host:port, for example 0.0.0.0:8443")
    return value


def _database(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("use sqlite:///path or postgresql://user:password@host/name")
    return value


def _redis(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("use redis://host:port/0, rediss://… or unix:///path")
    return value


def _storage(value: str) -> str:
    if not value.startswith(("file:///", "s3://")):
        raise ValueError("use file:///path or s3://bucket?endpoint=…")
    return value


def _secret_key(value: str) -> str:
    if len(value) < 32:
        raise ValueError("use at least 32 characters, for example from `openssl rand -hex 32`")
    return value


def _tls(value: str) -> str:
    if value not in {"local", "off"} and ":" not in value:
        raise ValueError("use local, off, or /path/cert.pem:/path/key.pem")
    return value


def setting(default: Any, meaning: str, parse: Callable[[str], Any] = _text, *, secret: bool = False) -> Any:
    """A dataclass field that knows its meaning and how to read itself."""
    metadata = {"meaning": meaning, "parse": parse, "secret": secret}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """The installation's settings, made once at start and passed in. Nothing reads the environment at import."""

    data_dir: Path = setting(Path("/var/lib/serversctl"), "Folder for the embedded database, keys and files", Path)
    database_url: str = setting(
        "", "sqlite:///path or postgresql://…; empty: a SQLite file in the data folder", _database
    )
    redis_url: str = setting("", "redis://host:port/0 or unix:///path; empty: `up` runs its own Redis", _redis)
    storage_url: str = setting(
        "", "file:///path or s3://bucket?endpoint=…; empty: a folder in the data folder", _storage
    )
    public_url: str = setting("", "https:// address under which agents and browsers reach us", _https)
    listen: str = setting("0.0.0.0:8443", "host:port that the web server binds", _listen)
    tls: str = setting("local", "local (own CA in the data folder), off (behind a proxy), or cert:key paths", _tls)
    secret_key: str = setting(
        "", "Key for sealed secrets, cookies and nonces; empty: made once in the data folder", _secret_key, secret=True
    )
    client_ip_header: str = setting("", "Header with the client's address, believed only from trusted proxies")
    trusted_proxies: tuple[Network, ...] = setting(
        (), "Networks of our own reverse proxies, comma-separated", _networks
    )
    smtp_url: str = setting("", "smtp://user:password@host:port?from=…&starttls=1; empty: e-mail is off", secret=True)
    edition: str = setting(
        "selfhosted", "selfhosted: nothing gated; hosted: plan gates apply", _choice("selfhosted", "hosted")
    )
    cloudflare_api_base: str = setting("https://api.cloudflare.com/client/v4", "Cloudflare API address")
    outbound_allow: tuple[Network, ...] = setting(
        (), "Private networks that providers and webhooks may live in, comma-separated", _networks
    )
    outbound_ca_file: str = setting("", "Extra CA file for outbound TLS (WHM, PowerDNS, webhooks)")
    acme_directory: str = setting(
        "https://acme-v02.api.letsencrypt.org/directory",
        "ACME directory of the certificate authority; using it agrees to its terms",
        _https,
    )
    acme_contact: str = setting("", "E-mail address that the certificate authority may write to; empty: none", _email)
    acme_eab_kid: str = setting("", "Key id of an external account, for authorities that want one")
    acme_eab_hmac_key: str = setting("", "HMAC key of that external account, in Base64url", secret=True)
    registration: str = setting(
        "open", "open or closed; the first user always needs the set-up token", _choice("open", "closed")
    )
    canary_url: str = setting("", "Where the monitor sends its own heartbeat; empty: the listen address")
    web_workers: int = setting(1, "Web server processes", _whole(1, 64))
    web_threads: int = setting(8, "Threads per web process for everything but heartbeats and streams", _whole(1, 128))
    brand: str = setting("ServersCTL", "Product name shown in mails and pages")
    agent_dist: str = setting("", "Folder with the built agent; empty: the one that came with this installation")
    web_dist: str = setting("", "Folder with the built dashboard; empty: the one that came with this installation")
    log_level: str = setting("info", "debug, info, warning or error", _choice("debug", "info", "warning", "error"))

    @property
    def listen_host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def hosted(self) -> bool:
        return self.edition == "hosted"


def from_env(environ: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """Settings from SERVERSCTL_ variables, and warnings about unknown names. Raises BadSetting."""
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for name, spec in known.items():
        raw = environ.get(name)
        if raw is None or not raw.strip():
            continue
        try:
            values[spec.name] = spec.metadata["parse"](raw.strip())
        except ValueError as why:
            shown = "" if spec.metadata["secret"] else f" is {raw!r}"
            raise BadSetting(f"{name}{shown}: {why}. It means: {spec.metadata['meaning']}.") from why
    warnings = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            warnings.append(f"{name} is not a setting and is ignored.{hint}")
    settings = Settings(**values)
    if settings.client_ip_header and not settings.trusted_proxies:
        warnings.append(
            f"{PREFIX}CLIENT_IP_HEADER is set without {PREFIX}TRUSTED_PROXIES: "
            "the header is ignored until the proxies' networks are listed."
        )
    return settings, warnings
