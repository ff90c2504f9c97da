"""One port for agents, people and programs: granian, an event loop per worker process, threads behind it.

Heartbeats and event streams live on the loop (`gate`, `streams`); everything else is the Flask app in a pool of
threads (`bridge`). Why RSGI and not WSGI: docs/decisions/0001-one-port-on-the-event-loop.md.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops, SSLProtocols, TaskImpl
from granian.http import HTTP1Settings

from ..heartbeats.live import LiveBeats
from ..heartbeats.replica import Replica
from ..jobs.service import waiting
from ..kernel.local_ca import files
from ..kernel.settings import Settings
from ..members.release import built_version
from ..wiring import Wiring, redis_url, wire
from .app import create_app
from .bridge import Bridge
from .gate import PATH, Gate
from .streams import Streams

log = logging.getLogger(__name__)

# Requests under way may end; streams are ended by us at once. The supervisor waits 15 s.
DRAIN_SEC = 10
# hyper's header timeout runs between requests too, so it is what ends idle connections. An agent beats each 60 s at
# the slowest and a handshake costs nine beats: three beats and a little have to pass.
IDLE_SEC = 3 * 60 + 15


class Edge:
    """The RSGI application of one worker process. Everything opens after the fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.wiring: Wiring = wire(settings)
        self.replica: Replica
        self._gate: Gate
        self._bridge: Bridge
        self._streams: Streams

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        wiring, settings = self.wiring, self._settings
        wiring.hooks.setdefault("waiting_jobs", waiting)
        app = create_app(wiring)
        self.replica = Replica(
            secret_key=settings.secret_key,
            sessions=wiring.sessions,
            redis=wiring.redis,
            latest_version=built_version(settings.agent_dist),
        )
        app.extensions["serversctl.replica"] = self.replica
        self._streams = Streams(redis_url(settings), LiveBeats(wiring.sessions, wiring.redis))
        self._bridge = Bridge(app, threads=settings.web_threads, on_stream=self._streams.serve)
        self._gate = Gate(self.replica.intake, settings, self._bridge)
        self.replica.start()
        # Heartbeats make many short-lived tuples. What stands here for good is taken out of the collector's sight,
        # and it looks less often: with the default of 700 it walks the directory hundreds of times a second.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        # granian's own handler was put in by loop.add_signal_handler, which listens on the wake-up descriptor and
        # keeps working: this one runs beside it. Without it open streams would hold up the drain.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._streams.close))

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        self._bridge.close()
        self.replica.stop()
        self.wiring.engine.dispose()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        if scope.path == PATH and scope.method == "POST":
            await self._gate(scope, proto)
        else:
            await self._bridge(scope, proto)


def make_edge(settings: Settings, _target: str = "") -> Edge:
    return Edge(settings)


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, then drain. `serversctl web` ends here."""
    cert, key = certificate(settings)
    serve(settings, cert, key)
    return 0


def certificate(settings: Settings) -> tuple[Path | None, Path | None]:
    """Paths of the certificate and its key; none when a proxy in front does TLS."""
    if settings.tls == "off":
        return None, None
    if settings.tls == "local":
        place = files(settings.data_dir)
        return place.cert, place.key
    cert, _, key = settings.tls.rpartition(":")
    return Path(cert), Path(key)


def serve(settings: Settings, cert: Path | None = None, key: Path | None = None) -> None:
    """Run granian in this process with its workers as children."""
    server = Granian(
        "serversctl",
        address=settings.listen_host,
        port=settings.listen_port,
        interface=Interfaces.RSGI,
        loop=Loops.asyncio,
        task_impl=TaskImpl.asyncio,
        http=HTTPModes.auto if cert else HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_SEC * 1000, keep_alive=True),
        workers=settings.web_workers,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SEC,
        websockets=False,
        backlog=2048,
        log_access=False,
        ssl_cert=cert,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        process_name=None,
    )
    server.serve(target_loader=partial(make_edge, settings))  # type: ignore[arg-type]
