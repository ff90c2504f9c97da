"""Where an object goes: a signed address of a store, perhaps of somebody else's, or a path at the control plane."""

from __future__ import annotations

import re
import socket
import ssl

from ..clock import boot_seconds
from ..errors import ConfigError, StepFailed
from ..transport import Address, Answer, HttpsClient
from ..version import AGENT_VERSION

RELAY_PREFIX = "/api/agents/blobs/objects/"
HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
OURS_ALONE = {"authorization", "host", "content-length", "transfer-encoding", "connection", "cookie"}


class ObjectAddress(Address):
    """https://, or http:// where the operator keeps a store in a trusted network: what travels is sealed either way."""

    __slots__ = ("literal", "plain")

    def __init__(self, url: str) -> None:
        matched = re.match(r"(https?)://([^/?#@\s]+)(/[!-~]*)?$", url, re.IGNORECASE)
        if not matched:
            raise ConfigError("the store's address is not an http:// or https:// address")
        self.plain = matched.group(1).lower() == "http"
        self.literal = matched.group(2)
        super().__init__(f"https://{self.literal}{matched.group(3) or '/'}")
        if self.plain and self.port == 443 and not self.literal.endswith(":443"):
            self.port = 80

    @property
    def authority(self) -> str:
        return self.literal  # as written: the signature covers it


class OnceClient(HttpsClient):
    """Sends a body exactly once: whoever carries megabytes asks first whether they have arrived."""

    def request(
        self, method: str, address: Address, path: str, headers: str, body: bytes, total_sec: float, cap_bytes: int
    ) -> Answer:
        if not body:
            return super().request(method, address, path, headers, body, total_sec, cap_bytes)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {address.authority}\r\nUser-Agent: balctl/{AGENT_VERSION}\r\n"
            f"{headers}Content-Length: {len(body)}\r\n\r\n"
        ).encode("ascii", "replace")
        try:
            return self._exchange(address, head + body, boot_seconds() + total_sec, cap_bytes)
        except BaseException:
            self.close()
            raise


class ObjectClient(OnceClient):
    """A connection to a store. The agent's secret never goes here."""

    def _connect(self, address: Address, deadline: float) -> ssl.SSLSocket:
        if isinstance(address, ObjectAddress) and address.plain:
            link = self._dial(address.host, address.port, deadline)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return link  # type: ignore[return-value]
        if self._context is None:
            # A private authority of the control plane says nothing about a public store: both count here.
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self._config.ca_file:
                context.load_verify_locations(self._config.ca_file)
            self._context = context
        return super()._connect(address, deadline)


def header_lines(headers: object) -> str:
    """The headers that an address asks for, as lines. StepFailed for any that could do something else."""
    given = headers if isinstance(headers, dict) else {}
    kind = any(str(name).lower() == "content-type" for name in given)
    text = "" if kind else "Content-Type: application/octet-stream\r\n"
    for name, value in given.items():
        if str(name).lower() in ("host", "content-length"):
            continue
        good = isinstance(value, str) and HEADER.fullmatch(name) and re.fullmatch(r"[ -~]{0,1024}", value)
        if not good or name.lower() in OURS_ALONE:
            raise StepFailed(f"the store's address wants a header that is not allowed: {str(name)[:40]!r}")
        text += f"{name}: {value}\r\n"
    return text


def store_complaint(body: bytes, status: int) -> str:
    """What an S3 store says is wrong, in its own words."""
    text = body[:4096].decode("utf-8", "replace")
    code, message = (re.search(rf"<{tag}>([^<]{{1,300}})</{tag}>", text) for tag in ("Code", "Message"))
    said = ": ".join(found.group(1) for found in (code, message) if found)
    hint = " Check the clocks of the store and of the control plane." if "RequestTimeTooSkewed" in said else ""
    return f"{said or 'no reason given'} (HTTP {status}).{hint}"
