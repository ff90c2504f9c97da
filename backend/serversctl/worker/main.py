"""`serversctl worker`: the loop that empties the outbox and keeps the time, beside lanes that do slow things."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType

import redis as redis_lib
from sqlalchemy.exc import SQLAlchemyError

from ..kernel.settings import Settings
from ..wiring import Wiring, wire
from .drain import drain, retry_failed
from .lanes import Lanes, lend_queue
from .rooms import Rooms, find_rooms
from .schedule import Schedule

log = logging.getLogger(__name__)

TICK_SEC = 0.5
TROUBLE_SEC = 2.0


def run(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT. Returns the exit code."""
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    wiring = wire(settings)
    lend_queue(wiring)
    lanes = Lanes(settings)
    try:
        loop(wiring, find_rooms(), stop, lanes)
    finally:
        lanes.stop()
    return 0


def loop(wiring: Wiring, rooms: Rooms, stop: threading.Event, lanes: Lanes | None = None) -> None:
    """Tick twice a second. A database or store that is away is waited for, never a reason to end."""
    schedule = Schedule(rooms, wiring.clock.boot())
    wait_sec = 0.0
    while not stop.wait(wait_sec):
        began = time.monotonic()
        try:
            if lanes is not None:
                lanes.tend(wiring.clock.boot())
            busy = tick(wiring, rooms, schedule)
            wait_sec = 0.0 if busy else max(0.0, TICK_SEC - (time.monotonic() - began))
        except (SQLAlchemyError, redis_lib.RedisError) as why:
            log.warning("the worker waits: %s", str(why).splitlines()[0])
            wait_sec = TROUBLE_SEC


def tick(wiring: Wiring, rooms: Rooms, schedule: Schedule) -> bool:
    """One turn. True when there is more to do right away."""
    handled = drain(wiring, rooms)
    retry_failed(wiring, rooms)
    schedule.run_due(wiring, wiring.clock.boot())
    return handled >= 100
