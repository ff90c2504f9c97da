"""`/api/events` on the event loop: one reader per account, any number of listeners, no thread held."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import deque
from functools import partial
from typing import Any
from uuid import UUID

import redis.asyncio as redis_async
from redis.exceptions import RedisError

from ..heartbeats.live import Board, LiveBeats
from ..heartbeats.streaming import StreamOrder

log = logging.getLogger(__name__)

# A browser that hears nothing at all for 10 s takes the stream for dead: two comments fit into that.
COMMENT_SEC = 4.0
BLOCK_MS, QUEUE_MAX, RESUME_MAX = 5000, 500, 1000
LISTENERS_MAX = 1000
STREAM_ID = re.compile(r"\d{1,15}-\d{1,10}\Z")
BEATS_SEC = 1.0
Headers = list[tuple[str, str]]


class Listener:
    """One browser. It keeps the newest events; one that cannot keep up is told to load anew."""

    def __init__(self, order: StreamOrder) -> None:
        self.order = order
        self.waiting: deque[bytes] = deque()
        self.something = asyncio.Event()
        self.overrun = False
        self.wants_full = set(order.boards())  # of which it has no beats yet, or lost some

    def offer(self, text: bytes) -> None:
        if len(self.waiting) >= QUEUE_MAX:
            self.waiting.clear()
            self.overrun = True
            self.wants_full = set(self.order.boards())
        self.waiting.append(text)
        self.something.set()

    def wants(self, event: dict[str, Any]) -> bool:
        order = self.order
        if order.pool_id is not None and event.get("poolId") != str(order.pool_id):
            return False
        return order.member_id is None or event.get("memberId") == str(order.member_id)


class Streams:
    """All listeners of this process."""

    def __init__(self, url: str, live: LiveBeats) -> None:
        self._redis: Any = redis_async.Redis.from_url(url, socket_connect_timeout=2)
        self._live = live
        self._listeners: dict[UUID, set[Listener]] = {}
        self._readers: dict[UUID, asyncio.Task[None]] = {}
        self._beats: asyncio.Task[None] | None = None
        self._closing = False

    async def serve(self, order: StreamOrder, proto: Any, headers: Headers) -> None:
        """Hold one stream until its reader goes or the server stops."""
        if self._closing or sum(map(len, self._listeners.values())) >= LISTENERS_MAX:
            proto.response_empty(503, [("retry-after", "5")])
            return
        listener = Listener(order)
        transport = proto.response_stream(200, [pair for pair in headers if pair[0] != "content-length"])
        self._add(listener)
        try:
            await transport.send_bytes(b"retry: 2000\n\n" + await self._missed(listener))
            while not self._closing:
                try:
                    await asyncio.wait_for(listener.something.wait(), COMMENT_SEC)
                except TimeoutError:
                    await transport.send_bytes(b": still here\n\n")
                    continue
                await transport.send_bytes(self._take(listener))
        except Exception as why:  # noqa: BLE001 - granian's own class; the reader is gone
            log.debug("event stream ended: %s", why)
        finally:
            self._remove(listener)

    def close(self) -> None:
        """End all streams; browsers come back to the next server by themselves."""
        self._closing = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.something.set()
        for task in [*self._readers.values(), *([self._beats] if self._beats else [])]:
            task.cancel()

    def _take(self, listener: Listener) -> bytes:
        text = b"".join(listener.waiting)
        listener.waiting.clear()
        listener.something.clear()
        if listener.overrun:
            listener.overrun = False
            text = _message("overrun", {"detail": "Events were left out: load the page's data again."}) + text
        return text

    def _add(self, listener: Listener) -> None:
        account = listener.order.account_id
        self._listeners.setdefault(account, set()).add(listener)
        if account not in self._readers:
            self._readers[account] = asyncio.create_task(self._read(account))
        if self._beats is None:
            self._beats = asyncio.create_task(self._tell_beats())

    def _remove(self, listener: Listener) -> None:
        account = listener.order.account_id
        left = self._listeners.get(account, set())
        left.discard(listener)
        if not left:
            self._listeners.pop(account, None)
            reader = self._readers.pop(account, None)
            if reader is not None:
                reader.cancel()

    async def _missed(self, listener: Listener) -> bytes:
        """What came since `Last-Event-ID`, as far as it is kept."""
        last = listener.order.last_id
        if last is None or not STREAM_ID.match(last):
            return b""
        try:
            rows = await self._redis.xrange(_key(listener.order.account_id), f"({last}", "+", count=RESUME_MAX)
        except (RedisError, OSError):
            return b""
        texts = [_text(listener, place, fields) for place, fields in rows]
        return b"".join(text for text in texts if text is not None)

    async def _read(self, account: UUID) -> None:
        """Follow one account's stream for all its listeners."""
        last: Any = "$"
        while not self._closing:
            try:
                answer = await self._redis.xread({_key(account): last}, count=200, block=BLOCK_MS)
            except (RedisError, OSError) as why:
                log.warning("events of an account cannot be read: %s", why)
                await asyncio.sleep(1.0)
                continue
            for _, rows in answer or ():
                for place, fields in rows:
                    last = place
                    for listener in list(self._listeners.get(account, ())):
                        text = _text(listener, place, fields)
                        if text is not None:
                            listener.offer(text)

    async def _tell_beats(self) -> None:
        """Once a second, the members of each pool that somebody looks at, in one message without an id."""
        boards: dict[tuple[UUID, UUID | None], Board] = {}
        while not self._closing:
            await asyncio.sleep(BEATS_SEC)
            wanted: dict[tuple[UUID, UUID | None], list[Listener]] = {}
            for listeners in self._listeners.values():
                for listener in listeners:
                    for key in listener.order.boards():
                        wanted.setdefault(key, []).append(listener)
            boards = {key: boards.get(key) or Board(*key) for key in wanted}
            for key, listeners_of in wanted.items():
                await self._tell(boards[key], listeners_of)

    async def _tell(self, board: Board, listeners: list[Listener]) -> None:
        loop = asyncio.get_running_loop()
        key = (board.pool_id, board.member_id)
        wants_full = any(key in listener.wants_full for listener in listeners)
        try:
            look = partial(self._live.look, board, at=loop.time(), wants_full=wants_full)
            full, part = await loop.run_in_executor(None, look)
        except Exception as why:  # noqa: BLE001 - whatever it is, the next second tries again
            log.debug("no beats of a pool: %s", why)
            return
        for listener in listeners:
            if full is not None and (key in listener.wants_full or part is None):
                listener.wants_full.discard(key)
                listener.offer(_frame("beats", full))
            elif part is not None:
                listener.offer(_frame("beats", part))


def _key(account_id: UUID) -> str:
    return f"ev:{account_id}"


def _text(listener: Listener, place: bytes, fields: dict[bytes, bytes]) -> bytes | None:
    raw = fields.get(b"data", b"{}")
    event = json.loads(raw)
    if not listener.wants(event):
        return None
    kind = str(event.get("kind", "message")).replace("\n", " ").replace("\r", " ")
    # JSON in one line: json.dumps never writes a line break.
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (place, kind.encode(), json.dumps(event).encode())


def _message(kind: str, value: dict[str, Any]) -> bytes:
    return _frame(kind, json.dumps(value).encode())


def _frame(kind: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
