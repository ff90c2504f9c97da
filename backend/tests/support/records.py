"""A record keeper in memory, and threads that run at once: failover without the dns room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from serversctl.failover.ports import Converged, DnsFacts, Fence, FenceLost
from serversctl.failover.rules.view import Addresses


class FakeKeeper:
    """`failover.ports.RecordKeeper`. `fail` is answered instead of writing, while it is set."""

    def __init__(self, *pool_ids: UUID, internal: bool = True, dynamic: bool = False) -> None:
        self.known = {pool_id: DnsFacts(internal=internal, dynamic_sync=dynamic) for pool_id in pool_ids}
        self.records: dict[UUID, Addresses] = {}
        self.fail: Converged | None = None
        self.urgent: list[bool] = []  # of each call that asked to converge

    def facts(self) -> Mapping[UUID, DnsFacts]:
        return self.known

    def converge(self, pool_id: UUID, addresses: Addresses, fence: Fence, *, urgent: bool) -> Converged:
        self.urgent.append(urgent)
        if self.fail is not None:
            return self.fail
        if self.records.get(pool_id) == addresses:
            return Converged("in_sync", addresses)
        fence()
        self.records[pool_id] = addresses
        return Converged("applied", addresses, ({"kind": "update"},))

    def observe(self, pool_id: UUID) -> Converged:
        return self.fail or Converged("in_sync", self.records.get(pool_id, {}))


class Inline:
    """`monitor.reconcile.Threads` that runs a call where it is submitted and delivers in the next turn."""

    def __init__(self) -> None:
        self._done: list[tuple[Callable[[Converged | None], None], Converged | None]] = []

    def submit(self, call: Callable[[], Converged], then: Callable[[Converged | None], None]) -> None:
        try:
            result: Converged | None = call()
        except FenceLost:
            result = None
        self._done.append((then, result))

    def deliver(self) -> None:
        done, self._done = self._done, []
        for then, result in done:
            then(result)
