"""An HTTP server that behaves like a vendor on a bad day: errors, lost replies, late effects, lies, and waits.

Everything is drawn from one seed, so that a failing run can be run again.
"""

from __future__ import annotations

import random
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Mischief:
    """Shares of requests that go wrong; `late_sec` is when a late effect lands."""

    error_5xx: float = 0.05
    lost_reply: float = 0.02
    late_effect: float = 0.02
    no_effect: float = 0.02
    burst_429: float = 0.01
    burst_length: int = 3
    retry_after_sec: int = 1
    late_sec: float = 0.05

    @classmethod
    def none(cls) -> Mischief:
        return cls(0, 0, 0, 0, 0)

    @classmethod
    def heavy(cls) -> Mischief:
        return cls(0.15, 0.10, 0.10, 0.10, 0.05, late_sec=0.02)


class Lost(Exception):
    """Cut the connection without an answer."""


class MisbehavingServer:
    """Subclasses answer `serve`, and say with `is_write` which requests change something."""

    tls: ssl.SSLContext | None = None

    def __init__(self, *, seed: int = 1, mischief: Mischief | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.mischief = mischief or Mischief.none()
        self.requests: list[Request] = []
        # What a correct client never does: shown by tests as a list that must stay empty.
        self.violations: list[str] = []
        self.happened: dict[str, int] = {}
        self._random = random.Random(seed)
        self._burst = 0
        self._lock = threading.RLock()
        self._late: list[threading.Timer] = []
        # Fixed answers for the next requests, before any mischief: ("500", "lost", "late", "no_effect", "429").
        self.next: list[str] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._http.server_address[1])
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def serve(self, request: Request) -> Answer:
        raise NotImplementedError

    def is_write(self, request: Request) -> bool:
        raise NotImplementedError

    def without_effect(self, change: Callable[[], Answer]) -> Answer:
        """Run a change, keep its answer, put everything back."""
        raise NotImplementedError

    def too_many(self) -> Answer:
        return Answer(429, b"{}", {"Retry-After": str(self.mischief.retry_after_sec)})

    def broken(self) -> Answer:
        return Answer(self._random.choice((500, 502, 503)), b"<html>oops</html>", {"Content-Type": "text/html"})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for timer in self._late:
            timer.cancel()
        self._http.shutdown()
        self._http.server_close()

    def settle(self) -> None:
        """Wait until every late effect has landed."""
        for timer in list(self._late):
            timer.join()
        self._late.clear()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            mode = self._mode(self.is_write(request))
            self.happened[mode] = self.happened.get(mode, 0) + 1
            if mode == "429":
                return self.too_many()
            if mode == "500":
                return self.broken()
            if mode == "lost":
                self.serve(request)
                raise Lost
            if mode == "late":
                timer = threading.Timer(self.mischief.late_sec, self._land, [request])
                timer.daemon = True
                self._late.append(timer)
                timer.start()
                raise Lost
            if mode == "no_effect":
                return self.without_effect(lambda: self.serve(request))
            return self.serve(request)

    def _land(self, request: Request) -> None:
        with self._lock:
            self.serve(request)

    def _mode(self, write: bool) -> str:
        if self.next:
            return self.next.pop(0)
        if self._burst:
            self._burst -= 1
            return "429"
        draw, shares = self._random.random(), self.mischief
        ways = [("429", shares.burst_429), ("500", shares.error_5xx), ("lost", shares.lost_reply)]
        if write:
            ways += [("late", shares.late_effect), ("no_effect", shares.no_effect)]
        for mode, share in ways:
            if draw < share:
                self._burst = shares.burst_length - 1 if mode == "429" else 0
                return mode
            draw -= share
        return "good"


def _handler(server: MisbehavingServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        # Head and body in one packet: apart, they wait 40 ms for each other.
        wbufsize = -1
        disable_nagle_algorithm = True

        def setup(self) -> None:
            if isinstance(self.request, ssl.SSLSocket):
                self.request.settimeout(5)
                self.request.do_handshake()
            super().setup()

        def _go(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            request = Request(
                self.command, parts.path, dict(parse_qsl(parts.query)), self.headers, self.rfile.read(length)
            )
            try:
                answer = server.answer(request)
            except Lost:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _go  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet: the requests are kept in `server.requests`."""

    return Handler
