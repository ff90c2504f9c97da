"""Several small pools on one control plane: while one rests from its move, the next can be harmed."""

from __future__ import annotations

import time
from contextlib import suppress

from ..lab.hosts import Host
from ..stage import ZONE, Stage, until
from .patience import patiently

COOLDOWN_SEC = 61.0
# At most a tenth of the pools may be moved in ten minutes, and we come to some thirty moves in that time.
MOVES_AT_MOST = 30


class Group:
    """One pool of two hosts with a name of its own."""

    def __init__(self, stage: Stage, label: str, hosts: tuple[Host, Host], *, recovery_sec: int) -> None:
        self.stage, self.name, self.hosts = stage, f"{label}.{ZONE}", hosts
        self.pool_id = stage.create_pool(label)
        for host in hosts:
            stage.enrol(host, patiently(lambda host=host: stage.add_member(host)))
        stage.await_beats(*[host.hostname for host in hosts])
        stage.connect_dns(label=label)
        stage.set_failover(recovery_sec=recovery_sec)
        order = {"memberId": stage.member_ids[hosts[0].hostname]}
        cutover = f"/pools/{self.pool_id}/failover/cutover"
        until(lambda: stage.api.post(cutover, order) or True, within_sec=40, what=f"a first active member of {label}")
        until(self.dig, good=lambda seen: seen == (hosts[0].address,), within_sec=30, what=self.name)
        self._rested_at = 0.0

    def dig(self) -> tuple[str, ...]:
        return self.stage.dns.dig(self.name)

    def roles(self) -> tuple[Host, Host]:
        """The active host and the other one, by what the name server answers."""
        first, second = self.hosts
        return (first, second) if self.dig() == (first.address,) else (second, first)

    def await_rested(self) -> None:
        """Until automation may move this pool again: the minute is over, somebody looked, the standby is ready."""
        time.sleep(max(0.0, self._rested_at - time.monotonic()))
        self.stage.pool_id = self.pool_id
        patiently(lambda: self.stage.api.post(f"/pools/{self.pool_id}/failover/acknowledge"))
        self.stage.await_ready(self.roles()[1].hostname, within_sec=90)

    def harm(self, *, within_sec: float) -> float:
        """Cut the active host's power; seconds until the name server answers with the other one. The host comes back."""
        active, standby = self.roles()
        begin = time.monotonic()
        active.crash()
        try:
            until(
                self.dig, good=lambda seen: seen == (standby.address,), within_sec=within_sec, what=f"{self.name} moves"
            )
            return time.monotonic() - begin
        finally:
            self._rested_at = time.monotonic() + COOLDOWN_SEC
            with suppress(TimeoutError):
                active.boot()


def add_bystanders(stage: Stage, moves: int) -> None:
    """So many pools that rest, that this many moves of the others are no more than a tenth."""
    for number in range(10 * min(moves, MOVES_AT_MOST)):
        wanted = {"name": f"bystander-{number}", "template": "generic"}
        patiently(lambda wanted=wanted: stage.api.post("/pools", wanted))
