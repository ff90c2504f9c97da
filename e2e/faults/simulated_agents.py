"""Thousands of agents in one process: real TLS, real heartbeats, and the pacing of the agent itself."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from ..control_plane import ROOT

sys.path[:0] = [str(ROOT / "agent")] if str(ROOT / "agent") not in sys.path else []

from balctl_agent.pacing import backoff_sec, next_on_grid  # noqa: E402

ANSWER_SEC = 10.0


class SimulatedAgents:
    """A thread with one coroutine per (hostname, secret). `arrived` counts the requests that were sent, by second."""

    def __init__(self, url: str, ca_file: Path, members: list[tuple[str, str]]) -> None:
        self._place = urlsplit(url)
        self._tls = ssl.create_default_context(cafile=str(ca_file))
        self._members = members
        self.arrived: Counter[int] = Counter()
        self.accepted_at = [0.0] * len(members)
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live_all(),), daemon=True)

    def __enter__(self) -> SimulatedAgents:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(20)

    def heard_since(self, at: float) -> int:
        return sum(accepted > at for accepted in list(self.accepted_at))

    async def _live_all(self) -> None:
        agents = [asyncio.ensure_future(self._live(number)) for number in range(len(self._members))]
        await self._ending.wait()
        for agent in agents:
            agent.cancel()
        await asyncio.gather(*agents, return_exceptions=True)

    async def _live(self, number: int) -> None:
        hostname, secret = self._members[number]
        failures, cap_sec, interval_sec, seq = 0, 1.0, 1.0, 0
        echo: str | None = None
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        await asyncio.sleep(number / len(self._members))  # the fleet was not switched on in one moment
        planned = time.monotonic()
        while True:
            seq += 1
            try:
                if streams is None:
                    opening = asyncio.open_connection(self._place.hostname, self._place.port, ssl=self._tls)
                    streams = await asyncio.wait_for(opening, 3.0)
                told = await asyncio.wait_for(self._beat(*streams, hostname, secret, seq, echo), ANSWER_SEC)
            except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError):
                if streams is not None:
                    streams[1].transport.abort()
                streams = None
                failures += 1
                await asyncio.sleep(backoff_sec(failures, cap_sec))
                planned = time.monotonic()
                continue
            failures, self.accepted_at[number] = 0, time.monotonic()
            echo = told.get("nonce", echo)
            cap_sec, interval_sec = float(told["backoffCapSec"]), float(told["heartbeatIntervalSec"])
            planned = next_on_grid(planned, time.monotonic(), interval_sec)
            await asyncio.sleep(max(0.0, planned - time.monotonic()))

    async def _beat(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hostname: str, secret: str, seq: int,
        echo: str | None,
    ) -> dict[str, object]:  # fmt: skip
        """One exchange. ValueError for everything but 200."""
        said = {
            "hostname": hostname, "agentVersion": 100, "bootId": f"{hostname}.1", "seq": seq, "echo": echo,
            "haproxy": {"monitored": True, "active": True, "version": "2.6.12"},
        }  # fmt: skip
        body = json.dumps(said).encode()
        head = (
            f"POST /api/agents/heartbeat HTTP/1.1\r\nHost: {self._place.netloc}\r\nUser-Agent: balctl/100\r\n"
            f"Authorization: Bearer {secret}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.arrived[int(time.monotonic())] += 1
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = answer.partition("content-length:")[2].partition("\r\n")[0]
        text = await reader.readexactly(int(length))
        if not answer.startswith("http/1.1 200"):
            raise ValueError(answer.partition("\r\n")[0])
        told: dict[str, object] = json.loads(text)
        return told
