"""R6: the control plane's own look at each pool's service, member by member, beside the loop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..failover.observing import HERE
from ..failover.probing import refusal
from ..failover.rules.view import Probe, ProbeKind, Vote
from ..kernel.clock import Clock
from ..kernel.outbound import Outbound

log = logging.getLogger(__name__)

EVERY_SEC, TIMEOUT_SEC = 2.0, 2.0
AT_ONCE = 64
HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Target:
    """One member's service."""

    member_id: UUID
    address: str
    probe: Probe


@dataclass(frozen=True, slots=True)
class Tried:
    """The latest try, by the boot clock."""

    ok: bool
    boot: float
    millis: float
    error: str | None


class Prober:
    """Tries every target each 2 s in a thread of its own; the loop only reads what was found."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock
        self._targets: tuple[Target, ...] = ()
        self._tried: dict[UUID, Tried] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="prober", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def aim(self, targets: tuple[Target, ...]) -> None:
        """What to try from now on. Results of others are forgotten."""
        self._targets = targets
        wanted = {target.member_id for target in targets}
        self._tried = {member: tried for member, tried in self._tried.items() if member in wanted}

    def latest(self, now: float) -> Mapping[UUID, Vote]:  # noqa: ARG002 - ages are by the boot clock
        boot = self._clock.boot()
        return {
            member: Vote(by=HERE, ok=tried.ok, age_sec=boot - tried.boot, millis=tried.millis, error=tried.error)
            for member, tried in list(self._tried.items())
        }

    async def round(self) -> None:
        """Try every target once."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(target: Target) -> None:
            async with limit:
                await self._try(target)

        await asyncio.gather(*(one(target) for target in self._targets))

    async def _run(self) -> None:
        while not self._stop.is_set():
            began = self._clock.boot()
            try:
                await self.round()
            except Exception:  # a witness that dies silently is worse than a noisy one
                log.exception("a round of service probes failed")
            await asyncio.sleep(max(0.05, EVERY_SEC - (self._clock.boot() - began)))

    async def _try(self, target: Target) -> None:
        began = self._clock.boot()
        if why := refusal(self._outbound, target.address, target.probe.port):
            # We may not look there, so we do not know: no vote.
            self._tried.pop(target.member_id, None)
            log.debug("no probe of %s: %s", target.address, why)
            return
        try:
            error = await asyncio.wait_for(knock(target.address, target.probe), TIMEOUT_SEC)
        except TimeoutError:
            error = "timeout"
        except (OSError, ValueError) as why:
            error = str(why)[:120] or type(why).__name__
        boot = self._clock.boot()
        self._tried[target.member_id] = Tried(not error, boot, round((boot - began) * 1000, 1), error or None)


async def knock(address: str, probe: Probe) -> str:
    """Empty when the service answers, else what is wrong. Certificates are not judged: the question is whether it serves."""
    context: ssl.SSLContext | None = None
    if probe.kind is ProbeKind.TLS:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    named: dict[str, Any] = {"ssl": context, "server_hostname": probe.host_header or address} if context else {}
    reader, writer = await asyncio.open_connection(address, probe.port, **named)
    try:
        if probe.kind is not ProbeKind.HTTP:
            return ""
        host = probe.host_header or (f"[{address}]" if ipaddress.ip_address(address).version == 6 else address)
        writer.write(
            f"GET {probe.path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: serversctl-probe\r\nConnection: close\r\n\r\n".encode()
        )
        line = await reader.readline()
        words = line[:HEAD_BYTES].split()
        if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
            return "no HTTP answer"
        return "" if 200 <= int(words[1]) < 400 else f"HTTP {int(words[1])}"
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await asyncio.wait_for(writer.wait_closed(), 0.5)
