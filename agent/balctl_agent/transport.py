"""HTTPS to the control plane: one kept-alive connection, bounded in time and size, no redirects, never plain text.

Own HTTP/1.1 over ssl: http.client and urllib cost 2 to 5 MB and more CPU than the rest of a beat.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import threading

from .clock import boot_seconds
from .config import AgentConfig
from .errors import BadAnswer, ConfigError, Unreachable
from .text import clean_line
from .version import AGENT_VERSION

ANSWER_CAP_BYTES = 1 << 20
HEAD_CAP_BYTES = 64 * 1024
CONNECT_SEC = 3.0


class Address:
    """Host, port and path of an https:// address that config has checked."""

    __slots__ = ("host", "path", "port")

    def __init__(self, url: str) -> None:
        matched = re.match(r"https://(\[[^\]]+\]|[^:/]+)(?::(\d+))?(/.*)?$", url, re.IGNORECASE)
        if not matched:
            raise ConfigError(f"{url[:100]!r} is not an https:// address")
        self.host = matched.group(1).strip("[]")
        self.port = int(matched.group(2) or 443)
        if not 1 <= self.port <= 65535:
            raise ConfigError(f"{url[:100]!r} has no usable port")
        self.path = matched.group(3) or ""

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


class Answer:
    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object. BadAnswer for anything else, however deep or odd."""
        try:
            value = json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError) as why:
            raise BadAnswer(f"the answer is not JSON ({clean_line(why, 80)})") from None
        if not isinstance(value, dict):
            raise BadAnswer("the answer is not a JSON object")
        return value

    def problem(self) -> str:
        """What the server says is wrong, with its fix."""
        try:
            value = self.json_object()
        except BadAnswer:
            return f"HTTP {self.status}"
        code, detail = value.get("code"), value.get("detail") or value.get("title")
        return clean_line(f"{detail or 'no reason given'} ({code or self.status})", 600)


class Proxy:
    """An HTTP proxy that understands CONNECT."""

    def __init__(self, url: str) -> None:
        matched = re.fullmatch(r"(?:http://)?(?:([^:@/\s]*)(?::([^@/\s]*))?@)?(\[[^\]]+\]|[^:/@\s]+):(\d{1,5})/?", url)
        if not matched:
            raise ConfigError(
                f"The proxy address {re.sub(r'//.*@', '//…@', url)[:100]!r} must look like http://proxy.example.com:3128"
            )
        user, password, host, port = matched.groups()
        self.host, self.port = host.strip("[]"), int(port)
        self.login = (
            base64.b64encode(f"{percent_decoded(user)}:{percent_decoded(password or '')}".encode()).decode()
            if user
            else ""
        )


def percent_decoded(text: str) -> str:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m.group(1), 16)]), text.encode()).decode(
        "utf-8", "replace"
    )


def bypasses_proxy(host: str, no_proxy: str) -> bool:
    host = host.lower()
    for entry in (part.strip().lower().lstrip(".") for part in no_proxy.split(",")):
        if entry == "*" or (entry and (host == entry or host.endswith("." + entry))):
            return True
    return False


class Resolver:
    """Names to addresses with a time limit; the last good answer serves while the name server is away."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], list[tuple[int, tuple[object, ...]]]] = {}

    def lookup(self, host: str, port: int, timeout_sec: float) -> list[tuple[int, tuple[object, ...]]]:
        found: list[tuple[int, tuple[object, ...]]] = []
        failure: list[str] = []

        def ask() -> None:  # getaddrinfo has no timeout of its own
            try:
                found.extend((row[0], row[4]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as why:
                failure.append(str(why))

        if re.fullmatch(r"[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", host):
            ask()
        else:
            worker = threading.Thread(target=ask, name="resolve", daemon=True)
            worker.start()
            worker.join(timeout_sec)
        answer = list(found)
        if answer:
            self._known[(host, port)] = answer
            return answer
        known = self._known.get((host, port))
        if known:
            return known
        raise Unreachable(
            f"the name {host} does not resolve ({failure[0] if failure else 'no answer in time'}). Check DNS on this host."
        )


class HttpsClient:
    """One connection, kept open between requests. Not for use by two threads at once."""

    def __init__(self, config: AgentConfig, resolver: Resolver | None = None) -> None:
        self._config = config
        self._resolver = resolver or Resolver()
        self._proxy = Proxy(config.proxy) if config.proxy else None
        self._context: ssl.SSLContext | None = None
        self._stream: ssl.SSLSocket | None = None
        self._peer: tuple[str, int] | None = None
        self.last_date = ""
        self.handshakes = 0

    def close(self) -> None:
        stream, self._stream, self._peer = self._stream, None, None
        if stream is not None:
            try:
                stream.close()
            except OSError:
                pass

    def post_json(self, path: str, value: object, total_sec: float) -> Answer:
        """Post to the API base with the bearer secret."""
        address = Address(self._config.api_base)
        body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
        headers = f"Authorization: Bearer {self._config.need_secret()}\r\nContent-Type: application/json\r\n"
        return self.request("POST", address, address.path + path, headers, body, total_sec, ANSWER_CAP_BYTES)

    def get(self, url: str, total_sec: float, cap_bytes: int) -> Answer:
        """Fetch without the secret: the address may belong to somebody else."""
        address = Address(url)
        return self.request("GET", address, address.path or "/", "", b"", total_sec, cap_bytes)

    def request(
        self, method: str, address: Address, path: str, headers: str, body: bytes, total_sec: float, cap_bytes: int
    ) -> Answer:
        """One request and its answer. Unreachable or BadAnswer, and the connection is dropped, when anything is odd."""
        deadline = boot_seconds() + total_sec
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {address.authority}\r\nUser-Agent: balctl/{AGENT_VERSION}\r\n"
            f"Accept: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        ).encode("ascii", "replace")
        reused = self._stream is not None and self._peer == (address.host, address.port)
        try:
            try:
                return self._exchange(address, head + body, deadline, cap_bytes)
            except Unreachable:
                if not reused or boot_seconds() >= deadline:
                    raise
                self.close()  # the other side may have closed an idle connection: once more on a fresh one
                return self._exchange(address, head + body, deadline, cap_bytes)
        except BaseException:
            self.close()
            raise

    def _exchange(self, address: Address, message: bytes, deadline: float, cap_bytes: int) -> Answer:
        if self._peer != (address.host, address.port):
            self.close()
        stream = self._stream
        try:
            if stream is None:
                stream = self._connect(address, deadline)
                self._stream, self._peer = stream, (address.host, address.port)
            stream.settimeout(seconds_left(deadline))
            stream.sendall(message)
            answer, keep = AnswerReader(stream, deadline, cap_bytes).read()
        except ssl.SSLCertVerificationError as why:
            raise Unreachable(
                f"the certificate of {address.authority} is not accepted: {why.verify_message}. {self._certificate_fix(why)}"
            ) from None
        except socket.timeout:
            raise Unreachable(f"{address.authority} did not answer in time") from None
        except OSError as why:
            raise Unreachable(f"{address.authority}: {clean_line(why, 200)}") from None
        if answer.headers.get("date"):
            self.last_date = answer.headers["date"]
        if not keep:
            self.close()
        if 300 <= answer.status < 400:
            raise BadAnswer(
                f"{address.authority} redirects, and the agent follows no redirects. Set the final https:// address."
            )
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise BadAnswer("the answer is compressed, which the agent did not ask for")
        return answer

    def _certificate_fix(self, why: ssl.SSLCertVerificationError) -> str:
        if why.verify_code in (9, 10):  # not yet valid, expired
            return "Check this host's clock, then the certificate's dates."
        if why.verify_code in (18, 19, 20, 21):
            return "Set BALCTL_CA_FILE to the PEM file of its certificate authority."
        return "Use the name that the certificate carries in the address."

    def _connect(self, address: Address, deadline: float) -> ssl.SSLSocket:
        proxy = self._proxy if self._proxy and not bypasses_proxy(address.host, self._config.no_proxy) else None
        host, port = (proxy.host, proxy.port) if proxy else (address.host, address.port)
        plain = self._dial(host, port, deadline)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if proxy:
                self._tunnel(plain, proxy, address, deadline)
            plain.settimeout(seconds_left(deadline))
            if self._context is None:
                self._context = tls_context(self._config.ca_file)
            stream = self._context.wrap_socket(plain, server_hostname=address.host)
        except BaseException:
            plain.close()
            raise
        self.handshakes += 1
        return stream

    def _dial(self, host: str, port: int, deadline: float) -> socket.socket:
        last: OSError | None = None
        for family, where in self._resolver.lookup(host, port, min(CONNECT_SEC, seconds_left(deadline))):
            plain = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
            try:
                plain.settimeout(min(CONNECT_SEC, seconds_left(deadline)))
                plain.connect(where)
            except OSError as why:
                plain.close()
                last = why
            else:
                return plain
        raise Unreachable(
            f"no connection to {host} port {port}: {clean_line(last or 'no address', 120)}. Check the route and the outbound firewall."
        )

    def _tunnel(self, plain: socket.socket, proxy: Proxy, address: Address, deadline: float) -> None:
        host = f"[{address.host}]" if ":" in address.host else address.host
        login = f"Proxy-Authorization: Basic {proxy.login}\r\n" if proxy.login else ""
        plain.settimeout(seconds_left(deadline))
        plain.sendall(f"CONNECT {host}:{address.port} HTTP/1.1\r\nHost: {host}:{address.port}\r\n{login}\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            plain.settimeout(seconds_left(deadline))
            byte = plain.recv(1)  # one at a time: what follows belongs to TLS
            if not byte or len(head) > HEAD_CAP_BYTES:
                raise Unreachable(f"the proxy {proxy.host}:{proxy.port} closed the connection")
            head += byte
        status = head.split(b"\r\n", 1)[0].decode("latin-1")
        if not re.match(r"HTTP/1\.[01] 2\d\d", status):
            raise Unreachable(f"the proxy {proxy.host}:{proxy.port} refused: {clean_line(status, 100)}")


class AnswerReader:
    """Reads one HTTP/1.1 answer off a stream, within a deadline and a size."""

    def __init__(self, stream: socket.socket, deadline: float, cap_bytes: int) -> None:
        self._stream = stream
        self._deadline = deadline
        self._cap_bytes = cap_bytes
        self._buffer = b""

    def _more(self) -> bool:
        self._stream.settimeout(seconds_left(self._deadline))
        chunk = self._stream.recv(65536)
        self._buffer += chunk
        return bool(chunk)

    def _line(self, room: int) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > room:
                raise BadAnswer("the answer's head is too long")
            if not self._more():
                raise Unreachable("the connection was closed in mid-answer")
        line, _, self._buffer = self._buffer.partition(b"\n")
        if len(line) > room:
            raise BadAnswer("the answer's head is too long")
        return line.rstrip(b"\r")

    def _head(self) -> tuple[int, dict[str, str], str]:
        room = HEAD_CAP_BYTES
        line = self._line(room)
        matched = re.match(rb"(HTTP/1\.[01]) (\d{3})(?: |$)", line)
        if not matched:
            raise BadAnswer("the other side does not speak HTTP")
        headers: dict[str, str] = {}
        while True:
            line = self._line(room)
            room -= len(line) + 2
            if not line:
                return int(matched.group(2)), headers, matched.group(1).decode()
            name, colon, value = line.decode("latin-1").partition(":")
            name = name.strip().lower()
            if not colon or (name in ("content-length", "transfer-encoding") and name in headers):
                raise BadAnswer("the answer's head is malformed")
            headers[name] = value.strip()

    def read(self) -> tuple[Answer, bool]:
        """The answer, and whether the connection may be used again."""
        status, headers, version = self._head()
        for _ in range(4):
            if not 100 <= status < 200:
                break
            status, headers, version = self._head()
        keep = version == "HTTP/1.1" and "close" not in headers.get("connection", "").lower()
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = self._chunks()
        elif "content-length" in headers:
            if not re.fullmatch(r"\d{1,12}", headers["content-length"]):
                raise BadAnswer("the answer has no usable length")
            body = self._exactly(int(headers["content-length"]))
        elif status in (204, 304):
            body = b""
        else:
            body, keep = self._to_the_end(), False
        if self._buffer:
            keep = False  # more than was announced: what follows cannot be trusted
        return Answer(status, headers, body), keep

    def _exactly(self, count: int) -> bytes:
        if count > self._cap_bytes:
            raise BadAnswer(f"the answer is larger than {self._cap_bytes} bytes")
        while len(self._buffer) < count:
            if not self._more():
                raise Unreachable("the connection was closed in mid-answer")
        body, self._buffer = self._buffer[:count], self._buffer[count:]
        return body

    def _to_the_end(self) -> bytes:
        while self._more():
            if len(self._buffer) > self._cap_bytes:
                raise BadAnswer(f"the answer is larger than {self._cap_bytes} bytes")
        body, self._buffer = self._buffer, b""
        return body

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        size_bytes = 0
        while True:
            matched = re.match(rb"([0-9A-Fa-f]{1,8})\s*(?:;|$)", self._line(1024))
            if not matched:
                raise BadAnswer("the answer's chunks are malformed")
            count = int(matched.group(1), 16)
            size_bytes += count
            if size_bytes > self._cap_bytes or len(parts) > 100_000:
                raise BadAnswer(f"the answer is larger than {self._cap_bytes} bytes")
            if count == 0:
                for _ in range(100):
                    if not self._line(1024):
                        return b"".join(parts)
                raise BadAnswer("the answer's trailer is too long")
            parts.append(self._exactly(count))
            if self._line(2):
                raise BadAnswer("the answer's chunks are malformed")


def seconds_left(deadline: float) -> float:
    left = deadline - boot_seconds()
    if left <= 0:
        raise socket.timeout("out of time")
    return left


def tls_context(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, name and chain checked. With a CA file only that authority counts (and 2 MB of RSS are saved)."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as why:
        raise ConfigError(
            f"BALCTL_CA_FILE: {ca_file} is not a PEM file of certificates ({clean_line(why, 80)})."
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
