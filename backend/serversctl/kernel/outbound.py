"""The one way out: every request that tenants can aim (DNS providers, webhooks, probes) goes through here.

A name is resolved once, each of its addresses is checked, and the connection goes to a checked address: a name
server that changes its answer in between changes nothing. No redirects, no proxies, capped size and time.
"""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import httpx

from .address_kinds import Address, Kind, Network, kind_of
from .errors import DomainError

Resolver = Callable[[str, int], Sequence[str]]

SIZE_MAX_BYTES = 4 << 20
# Below 1024 only the web's own ports: nobody may make us talk to their SSH, SMTP or SMB neighbours.
LOW_PORTS = frozenset({80, 443})
# Ports of stores that answer to plain HTTP lines and that no provider or webhook uses.
RISKY_PORTS = frozenset({2375, 2379, 3306, 5432, 5984, 6379, 9200, 11211, 27017})
# Never, whatever the operator lists: cloud metadata lives here, and nothing that we should talk to does.
NEVER = frozenset({Kind.LINK_LOCAL, Kind.MULTICAST, Kind.UNSPECIFIED, Kind.EMBEDDED, Kind.RESERVED})
METADATA = frozenset(ipaddress.ip_address(text) for text in ("fd00:ec2::254", "100.100.100.200"))
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class OutboundRefused(DomainError):
    """We will not connect there. `detail` says why and what the installation's operator can do."""

    status = 422


class CannotResolve(DomainError):
    """The name has no address now."""

    status = 422

    def __init__(self, detail: str) -> None:
        super().__init__("outbound_name_unknown", detail, permanent=False)


class AnswerTooLarge(httpx.ReadError):
    """The answer went over the size or time cap."""


def system_resolver(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Outbound:
    """The installation's rules for connections to the outside."""

    allow: tuple[Network, ...] = ()
    ca_file: str = ""
    resolver: Resolver = system_resolver
    size_max_bytes: int = SIZE_MAX_BYTES
    total_sec: float = 20.0

    def addresses(self, host: str, port: int, *, also_port: int | None = None) -> list[str]:
        """Every address of a host, all of them checked. Raises OutboundRefused or CannotResolve.

        `also_port` is the well-known port of a protocol that is not HTTP (53 for DNS).

        One bad address refuses the name: a mixed answer is how rebinding starts.
        """
        name = host.strip("[]")
        try:
            found = list(self.resolver(name, port))
            parsed = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        except (OSError, UnicodeError, ValueError) as why:
            raise CannotResolve(f"{host} has no address that we can find. Check the spelling.") from why
        if not parsed:
            raise CannotResolve(f"{host} has no address that we can find. Check the spelling.")
        for address in parsed:
            self.check_address(address, host)
        if port != also_port:
            self.check_port(port, parsed)
        return [str(address) for address in parsed]

    def check_address(self, address: Address, host: str) -> None:
        kind = kind_of(address)
        if kind is Kind.PUBLIC and address not in METADATA:
            return
        if kind in NEVER or address in METADATA:
            raise OutboundRefused("outbound_forbidden", f"{host} points to {address}, {kind.value}: never allowed.")
        if not self._listed(address, kind):
            raise OutboundRefused(
                "outbound_private",
                f"{host} points to {address}, {kind.value}. If it is meant, the installation's operator "
                "adds its network to SERVERSCTL_OUTBOUND_ALLOW.",
            )

    def check_port(self, port: int, addresses: Iterable[Address]) -> None:
        """Networks that the operator listed may use any port, public ones only the usual."""
        if all(self._listed(address, kind_of(address)) for address in addresses):
            return
        if (port < 1024 and port not in LOW_PORTS) or port in RISKY_PORTS:
            raise OutboundRefused(
                "outbound_port", f"Port {port} is not used by providers or webhooks. Use 443 or the vendor's API port."
            )

    def _listed(self, address: Address, kind: Kind) -> bool:
        networks = [n for n in self.allow if n.version == address.version and address in n]
        if kind is Kind.LOOPBACK:
            # 0.0.0.0/0 must not open our own services: loopback has to be listed as such.
            return any(n.subnet_of(loop) for n in networks for loop in LOOPBACK if n.version == loop.version)  # type: ignore[arg-type]
        return bool(networks)

    def check_url(self, url: httpx.URL) -> list[str]:
        """The checked addresses of a URL. https everywhere; http only into networks that the operator listed."""
        if url.scheme not in {"http", "https"}:
            raise OutboundRefused("outbound_scheme", "Use an address that begins with https://.")
        if url.userinfo:
            raise OutboundRefused("outbound_userinfo", "Leave user names and passwords out of the address.")
        host = url.host
        if not host or "%" in host or len(host) > 253:
            raise OutboundRefused("outbound_host", "The address needs a host name or an IP address.")
        port = url.port or (443 if url.scheme == "https" else 80)
        found = self.addresses(host, port)
        if url.scheme == "http":
            parsed = [ipaddress.ip_address(text) for text in found]
            if not all(self._listed(address, kind_of(address)) for address in parsed):
                raise OutboundRefused(
                    "outbound_plain_http",
                    "Plain http is allowed only into networks listed in SERVERSCTL_OUTBOUND_ALLOW. Use https://.",
                )
        return found

    def client(self, *, timeout_sec: float = 5.0, pin_sha256: str = "", ca_pem: str = "") -> httpx.Client:
        """An HTTP client under these rules. `pin_sha256`: the one certificate to accept, for self-signed servers."""
        transport = GuardedTransport(self, timeout_sec=timeout_sec, pin_sha256=pin_sha256, ca_pem=ca_pem)
        return httpx.Client(
            transport=transport, timeout=timeout_sec, follow_redirects=False, trust_env=False, max_redirects=0
        )


def parse_url(text: str) -> httpx.URL:
    """A typed address as a URL. Refuses control characters, blanks and backslashes, which parsers read differently."""
    if any(ch.isspace() or ord(ch) < 32 or ch == "\\" for ch in text) or len(text) > 2000:
        raise OutboundRefused("outbound_url", "The address holds blanks, control characters or backslashes.")
    try:
        url = httpx.URL(text)
        raw_port = url.port
    except (httpx.InvalidURL, ValueError, UnicodeError) as why:
        raise OutboundRefused("outbound_url", "This is not an address of the form https://host/path.") from why
    if raw_port is not None and not 0 < raw_port < 65536:
        raise OutboundRefused("outbound_port", "Use a port from 1 to 65535.")
    return url


class GuardedTransport(httpx.BaseTransport):
    """httpx transport that connects to a checked address while TLS and Host keep the name."""

    def __init__(self, rules: Outbound, *, timeout_sec: float, pin_sha256: str = "", ca_pem: str = "") -> None:
        self._rules = rules
        self._timeout_sec = timeout_sec
        self._pin = pin_sha256.replace(":", "").lower()
        self._ca_pem = ca_pem
        # One pool per name: a connection that proved to be one host must not carry requests for another.
        self._pools: dict[tuple[str, str, int], httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        addresses = self._rules.check_url(url)
        port = url.port or (443 if url.scheme == "https" else 80)
        pool = self._pool(url.scheme, url.host, port, addresses)
        until = time.monotonic() + self._rules.total_sec
        failed: httpx.TransportError | None = None
        for address in addresses:
            try:
                answer = pool.handle_request(self._aimed(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as why:
                failed = why
                continue
            return self._capped(answer, until)
        raise failed or httpx.ConnectError(f"No address of {url.host} answers.")

    def _aimed(self, request: httpx.Request, address: str) -> httpx.Request:
        headers = request.headers.copy()
        headers["Host"] = request.url.netloc.decode("ascii")
        # An encoded answer could unfold beyond every cap.
        headers["Accept-Encoding"] = "identity"
        extensions = {**request.extensions, "sni_hostname": request.url.host}
        return httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=headers,
            stream=request.stream,
            extensions=extensions,
        )

    def _capped(self, answer: httpx.Response, until: float) -> httpx.Response:
        location = answer.headers.get("Location")
        encoding = answer.headers.get("Content-Encoding", "identity")
        if answer.is_redirect or (300 <= answer.status_code < 400 and location):
            answer.close()
            raise OutboundRefused("outbound_redirect", "The server answers with a redirect; give its final address.")
        if encoding.lower() not in {"identity", ""}:
            answer.close()
            raise AnswerTooLarge("The server sent an encoded answer that was not asked for.")
        assert isinstance(answer.stream, httpx.SyncByteStream)  # noqa: S101
        return httpx.Response(
            answer.status_code,
            headers=answer.headers,
            stream=_Capped(answer.stream, self._rules.size_max_bytes, until),
            extensions=answer.extensions,
        )

    def _pool(self, scheme: str, host: str, port: int, addresses: Sequence[str]) -> httpx.HTTPTransport:
        key = (scheme, host, port)
        if key not in self._pools:
            context = self._context(addresses, host, port) if scheme == "https" else False
            self._pools[key] = httpx.HTTPTransport(verify=context, trust_env=False, retries=0)
        return self._pools[key]

    def _context(self, addresses: Sequence[str], host: str, port: int) -> ssl.SSLContext:
        if self._pin:
            return self._pinned(addresses, host, port)
        return _trusting(self._rules.ca_file, self._ca_pem)

    def _pinned(self, addresses: Sequence[str], host: str, port: int) -> ssl.SSLContext:
        """Trust exactly one certificate. It is fetched first, so that no secret is sent before it is known."""
        look = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        look.check_hostname = False
        look.verify_mode = ssl.CERT_NONE
        try:
            with (
                socket.create_connection((addresses[0], port), timeout=self._timeout_sec) as raw,
                look.wrap_socket(raw, server_hostname=host) as tls,
            ):
                certificate = tls.getpeercert(binary_form=True) or b""
        except OSError as why:
            raise httpx.ConnectError(f"{host}:{port} does not answer: {why}") from why
        seen = hashlib.sha256(certificate).hexdigest()
        if seen != self._pin:
            raise OutboundRefused(
                "outbound_pin_mismatch",
                f"{host} shows a certificate with SHA-256 {seen}, not the pinned one. Check it and pin the new one.",
            )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # the pin is the identity; self-signed panels rarely carry the right name
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(certificate))
        return context

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


@lru_cache(maxsize=64)
def _trusting(ca_file: str, ca_pem: str) -> ssl.SSLContext:
    """The usual authorities and our own; kept, because reading the bundle takes tens of milliseconds."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file and Path(ca_file).is_file():
        context.load_verify_locations(cafile=ca_file)
    if ca_pem:
        context.load_verify_locations(cadata=ca_pem)
    return context


class _Capped(httpx.SyncByteStream):
    """Counts what comes in and looks at the clock: slow drips end as well as floods."""

    def __init__(self, inner: httpx.SyncByteStream, size_max_bytes: int, until: float) -> None:
        self._inner = inner
        self._left = size_max_bytes
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise AnswerTooLarge("The answer is larger than we take.")
            if time.monotonic() > self._until:
                raise AnswerTooLarge("The answer takes longer than we wait.")
            yield chunk

    def close(self) -> None:
        self._inner.close()
