"""One kept HTTPS connection to the control plane, with as little work per heartbeat as possible."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Answer:
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body


class Wire:
    """`await wire.post(path, secret, body)`. Opens again by itself after the other side closed."""

    def __init__(self, url: str, ca_file: Path) -> None:
        place = urlsplit(url)
        self._host, self._port = str(place.hostname), int(place.port or 443)
        self._context = ssl.create_default_context(cafile=str(ca_file))
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, secret: str, source: str, body: dict[str, Any]) -> Answer:
        """`source` is the address that the proxy in front would report for this host. Raises OSError."""
        data = json.dumps(body, separators=(",", ":")).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAuthorization: Bearer {secret}\r\n"
            f"User-Agent: balctl/100\r\nX-Forwarded-For: {source}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        ).encode()
        for attempt in (1, 2):
            try:
                return await asyncio.wait_for(self._ask(head + data), 10)
            except (OSError, EOFError, ValueError, IndexError, TimeoutError) as why:
                self.close()
                if attempt == 2:
                    raise OSError(f"no answer: {why!r}") from why
        raise AssertionError("unreachable")

    async def _ask(self, request: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._context)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, length, chunked = int(head.split(" ", 2)[1]), 0, False
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
            chunked |= name.lower() == "transfer-encoding" and "chunked" in value
        text = await self._chunks(reader) if chunked else await reader.readexactly(length)
        return Answer(status, json.loads(text) if text else {})

    async def _chunks(self, reader: asyncio.StreamReader) -> bytes:
        parts = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readline()
        return b"".join(parts)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None
