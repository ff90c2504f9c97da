"""Lanes: one process each for urgent and for slow queue entries, so that a hanging mail server delays no cutover."""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import signal
from multiprocessing.process import BaseProcess

from ..kernel import logging as log_lines
from ..kernel.settings import Settings
from ..wiring import Wiring, wire
from . import tasks
from .queue import SLOW, URGENT, enqueue, make_worker
from .rooms import find_rooms

log = logging.getLogger(__name__)

PLANS = ((URGENT,), (URGENT, SLOW))
RESTART_FIRST_SEC, RESTART_MAX_SEC = 1.0, 30.0
STOP_SEC = 30.0
PR_SET_PDEATHSIG = 1


def lend_queue(wiring: Wiring) -> None:
    """Let rooms queue their tasks: `wiring.hooks["enqueue"](task, *args, key=…)`."""
    wiring.hooks["enqueue"] = lambda task, *args, **how: enqueue(wiring.redis, task, *args, **how)


def run_lane(settings: Settings, queues: tuple[str, ...]) -> None:
    """The life of a lane's process: work until told to stop."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    log_lines.configure("worker", level=settings.log_level)
    wiring = wire(settings)
    lend_queue(wiring)
    tasks.use(wiring, find_rooms())
    logging.getLogger("rq").setLevel(logging.WARNING)
    make_worker(wiring.redis, queues).work(logging_level="WARNING")


class Lanes:
    """The lanes' processes: started, and started again with a growing pause when one dies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A fresh interpreter: a fork would share sockets and locks with the loop.
        self._context = multiprocessing.get_context("spawn")
        self._running: list[BaseProcess | None] = [None for _ in PLANS]
        self._pause_sec = [0.0 for _ in PLANS]
        self._start_at = [0.0 for _ in PLANS]

    def tend(self, now: float) -> None:
        for index, queues in enumerate(PLANS):
            running = self._running[index]
            if running is not None and running.is_alive():
                continue
            if running is not None:
                log.error("lane %s ended with code %s", "+".join(queues), running.exitcode)
                self._running[index] = None
                self._pause_sec[index] = min(RESTART_MAX_SEC, max(RESTART_FIRST_SEC, self._pause_sec[index] * 2))
                self._start_at[index] = now + self._pause_sec[index]
            if now >= self._start_at[index]:
                self._running[index] = self._start(queues)

    def _start(self, queues: tuple[str, ...]) -> BaseProcess:
        process = self._context.Process(
            target=run_lane, args=(self._settings, queues), name="+".join(queues), daemon=True
        )
        process.start()
        return process

    def stop(self) -> None:
        """Ask each to finish what it does, then insist."""
        alive = [process for process in self._running if process is not None and process.is_alive()]
        for process in alive:
            if process.pid:
                os.kill(process.pid, signal.SIGTERM)
        for process in alive:
            process.join(STOP_SEC)
            if process.is_alive():
                process.kill()
                process.join(5)
