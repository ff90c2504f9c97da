"""The bounded pool in which DNS calls run, so that the loop never waits for a provider."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ..failover.ports import Converged, FenceLost

log = logging.getLogger(__name__)


class ThreadPool:
    """`reconcile.Threads` over real threads."""

    def __init__(self, size: int = 8) -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix="dns")
        self._done: queue.SimpleQueue[tuple[Callable[[Converged | None], None], Converged | None]] = queue.SimpleQueue()

    def submit(self, call: Callable[[], Converged], then: Callable[[Converged | None], None]) -> None:
        def run() -> None:
            result: Converged | None
            try:
                result = call()
            except FenceLost as why:
                log.warning("a DNS write was given up: %s", why)
                result = None
            except Exception as why:  # a call that vanished would block its pool for ever
                log.exception("a DNS call failed")
                result = Converged("failed", detail=f"{type(why).__name__}: {why}"[:300])
            self._done.put((then, result))

        self._pool.submit(run)

    def deliver(self) -> None:
        while not self._done.empty():
            then, result = self._done.get_nowait()
            then(result)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
