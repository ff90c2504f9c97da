"""The usual pool of three hosts, watched: whatever is done to it, not one move may follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..stage import Stage, until
from .finding import Finding, Say

RECOVERY_SEC = 10


class WatchedPool:
    def __init__(self, stage: Stage, found: Finding) -> None:
        self.stage, self._found = stage, found
        self._address = stage.host("edge-1").address
        self._moves = len(stage.events())

    def judge(self, run: int) -> None:
        """One more run is over: count the moves since the last one."""
        moves = len(until(self.stage.events, within_sec=30, what="the API answers"))
        self._found.runs += 1
        if moves != self._moves or self.stage.dig() != (self._address,):
            self._found.misses.append(f"run {run}: {moves - self._moves} moves, the name is at {self.stage.dig()}")
            self._moves = moves


@contextmanager
def watched_pool(found: Finding, say: Say) -> Iterator[WatchedPool]:
    with Stage.open(say=say) as stage:
        stage.build(recovery_sec=RECOVERY_SEC, say=say)
        yield WatchedPool(stage, found)
