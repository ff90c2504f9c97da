"""`serversctl monitor`: wires the loop to the real things and runs it until a signal."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Mapping
from types import FrameType
from uuid import UUID

from ..dns.keeper import keeper_of
from ..failover.keeping import DnsKeeper
from ..failover.ports import DnsFacts, Picture
from ..failover.reports import RedisReports
from ..failover.store import SqlStore
from ..heartbeats.latest import RedisLiveness
from ..kernel.ids import new_secret_hex
from ..kernel.outbound import Outbound
from ..kernel.settings import Settings
from ..members.release import built_version
from ..wiring import Wiring, wire
from .assignments import Assignments
from .canary import CanaryThread, HttpCanary
from .hosts import HostWatch
from .loop import Monitor
from .presence import Presence, SqlOutages
from .threads import ThreadPool
from .witness import Prober

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Watch and decide until SIGTERM or SIGINT. Returns the exit code."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    watch(wire(settings), stop)
    return 0


def watch(wiring: Wiring, stop: threading.Event) -> None:
    """The loop with its helpers: the canary, the service probes, the hosts' reports and the threads for DNS."""
    outbound = Outbound(allow=wiring.settings.outbound_allow, ca_file=wiring.settings.outbound_ca_file)
    bird, prober, threads = CanaryThread(HttpCanary(wiring.settings)), Prober(outbound, wiring.clock), ThreadPool()
    liveness = RedisLiveness(wiring.redis)
    hosts = HostWatch(RedisReports(wiring.redis, built_version(wiring.settings.agent_dist)), wiring.clock)
    assignments = Assignments(wiring.sessions, prober)

    def show(picture: Picture, dns: Mapping[UUID, DnsFacts]) -> None:
        hosts.follow(picture)
        assignments.follow(picture, dns)

    monitor = Monitor(
        store=SqlStore(wiring.sessions),
        liveness=liveness,
        keeper=DnsKeeper(keeper_of(wiring), wiring.sessions),
        threads=threads,
        boot=wiring.clock.boot,
        holder=holder_name(),
        votes=prober,
        warnings=hosts.latest,
        shown=show,
        presence=Presence(liveness, SqlOutages(wiring.sessions)),
    )
    bird.start()
    prober.start()
    hosts.start()
    log.info("watching as %s", monitor.tenure.holder)
    try:
        while not stop.wait(monitor.step()):
            pass
    finally:
        bird.stop()
        prober.stop()
        hosts.stop()
        threads.close()
        monitor.close()


def holder_name() -> str:
    """Unlike any other monitor's, also on this machine and after a restart."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{new_secret_hex(4)}"
