"""The ordinary WSGI app behind the event loop: bodies are read on the loop, views run in a pool of threads.

A slow client therefore holds a coroutine, never a thread. Only a body too long to be kept in memory is read by the
thread that works on it.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import quote

from ..heartbeats.streaming import ENVIRON_KEY, StreamOrder

log = logging.getLogger(__name__)

BUFFERED_MAX_BYTES = 1 << 20
BODY_SEC = 30.0
# Requests that may wait for a thread, per thread. Beyond that the answer is 503 at once.
WAITING_PER_THREAD = 32
CHUNK_SEC = 30.0
Headers = list[tuple[str, str]]
OnStream = Callable[[StreamOrder, Any, Headers], Any]
BUSY = (
    b'{"type":"urn:serversctl:problem:busy","title":"Service Unavailable","status":503,"code":"busy",'
    b'"detail":"The server has too much to do right now: try again in a second."}'
)
PROBLEM: Headers = [("content-type", "application/problem+json"), ("retry-after", "1")]


class StreamedBody(io.RawIOBase):
    """A long request body, pulled from the event loop by the thread that reads it."""

    def __init__(self, chunks: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._chunks = chunks.__aiter__()
        self._loop = loop
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and not self._ended:
            self._rest = self._next()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _next(self) -> bytes:
        async def pull() -> bytes | None:
            try:
                return cast(bytes, await self._chunks.__anext__())
            except StopAsyncIteration:
                return None

        chunk = asyncio.run_coroutine_threadsafe(asyncio.wait_for(pull(), CHUNK_SEC), self._loop).result()
        self._ended = chunk is None
        return chunk or b""


class Bridge:
    """One WSGI app on one event loop."""

    def __init__(self, app: Any, *, threads: int, on_stream: OnStream) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="view")
        self._most = threads * (1 + WAITING_PER_THREAD)
        self._inside = 0
        self._on_stream = on_stream

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=False)

    async def __call__(self, scope: Any, proto: Any, body: bytes | None = None) -> None:
        """Serve one request. `body` is given when somebody read it already."""
        if self._inside >= self._most:
            proto.response_bytes(503, PROBLEM, BUSY)
            return
        self._inside += 1
        try:
            await self._serve(scope, proto, body)
        finally:
            self._inside -= 1

    async def _serve(self, scope: Any, proto: Any, body: bytes | None) -> None:
        loop = asyncio.get_running_loop()
        stream: Any
        if body is not None or _length(scope) <= BUFFERED_MAX_BYTES:
            try:
                stream = io.BytesIO(await asyncio.wait_for(proto(), BODY_SEC) if body is None else body)
            except TimeoutError:
                proto.response_empty(408, [("connection", "close")])
                return
        else:
            stream = io.BufferedReader(StreamedBody(proto, loop), 1 << 16)
        environ = environ_of(scope, stream)
        answer = Answer(proto, loop)
        await loop.run_in_executor(self._pool, answer.run, self._app, environ)
        order = environ.get(ENVIRON_KEY)
        if order is not None and answer.status == 200:
            await self._on_stream(order, proto, answer.headers)
        elif not answer.streaming:
            proto.response_bytes(answer.status, answer.headers, answer.body)


class Answer:
    """Collects what a WSGI app answers. Short answers are sent by the loop, long ones chunk by chunk by the thread."""

    def __init__(self, proto: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 500
        self.headers: Headers = []
        self.body = b""
        self.streaming = False
        self._proto = proto
        self._loop = loop

    def run(self, app: Any, environ: dict[str, Any]) -> None:
        """In a thread: call the app and take its chunks. Errors of the app itself become a bare 500."""
        try:
            chunks: Iterable[bytes] = app(environ, self._start)
            try:
                self._take(iter(chunks))
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
        except Exception:
            if not self.streaming:
                self.status, self.headers, self.body = 500, [("content-type", "text/plain")], b"internal error"
            log.exception("the application broke")

    def _take(self, chunks: Any) -> None:
        first = next(chunks, b"")
        declared = next((value for name, value in self.headers if name == "content-length"), None)
        if declared is not None and int(declared) <= len(first):
            self.body = first
            return
        second = next(chunks, None)
        if second is None:
            self.body = first
            return
        # Transfer framing is the server's business: a length stays only when the app declared one.
        transport = self._proto.response_stream(self.status, self.headers)
        self.streaming = True
        self._send(transport, first)
        self._send(transport, second)
        for chunk in chunks:
            self._send(transport, chunk)

    def _send(self, transport: Any, chunk: bytes) -> None:
        if chunk:
            asyncio.run_coroutine_threadsafe(_sent(transport, chunk), self._loop).result(CHUNK_SEC)

    def _start(self, status: str, headers: Headers, _exc_info: Any = None) -> Callable[[bytes], Any]:
        self.status = int(status[:3])
        self.headers = [(name.lower(), value) for name, value in headers]
        return self._write

    def _write(self, _data: bytes) -> None:
        raise NotImplementedError("The write() callable of WSGI is not offered.")


async def _sent(transport: Any, chunk: bytes) -> None:
    await transport.send_bytes(chunk)


def _length(scope: Any) -> int:
    """The declared length; unknown counts as long."""
    text = scope.headers.get("content-length")
    if text is None:
        return 0 if scope.headers.get("transfer-encoding") is None else BUFFERED_MAX_BYTES + 1
    return int(text) if text.isascii() and text.isdigit() else BUFFERED_MAX_BYTES + 1


def peer_of(scope: Any) -> str:
    """The other end's address, without port and brackets."""
    host: str = scope.client.rpartition(":")[0]
    return host.strip("[]")


def environ_of(scope: Any, stream: Any) -> dict[str, Any]:
    """PEP 3333 from an RSGI scope. Repeated headers are joined with a comma, in their order."""
    host = scope.authority or scope.headers.get("host") or scope.server
    name, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "RAW_URI": quote(scope.path) + (f"?{scope.query_string}" if scope.query_string else ""),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": name.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": peer_of(scope),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "HTTP_HOST": host,
    }
    for key, value in scope.headers.items():
        if "_" in key:
            continue  # X-A_B and X-A-B would become the same name: proxies drop these for the same reason
        upper = key.upper().replace("-", "_")
        place = upper if upper in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{upper}"
        if place == "HTTP_HOST":
            continue
        joiner = "; " if place == "HTTP_COOKIE" else ","
        environ[place] = f"{environ[place]}{joiner}{value}" if place in environ else value
    return environ
