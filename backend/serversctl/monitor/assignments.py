"""Who tries whose service: the control plane tries every member, and members try each other (B1)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ..failover.observing import probe_id, service_address
from ..failover.ports import DnsFacts, Picture, PoolRow
from ..heartbeats.service import Probe as Order
from ..heartbeats.service import set_probes
from ..kernel.db import SessionFactory, unit_of_work
from .witness import Prober, Target

PEERS_MAX = 8  # a member of a large pool tries this many others; the active one is always among them


class Assignments:
    """Keeps the prober's targets and the members' probe orders as the pools are."""

    def __init__(self, sessions: SessionFactory, prober: Prober) -> None:
        self._sessions = sessions
        self._prober = prober
        self._given: dict[UUID, Mapping[UUID, tuple[Order, ...]]] = {}

    def follow(self, picture: Picture, dns: Mapping[UUID, DnsFacts]) -> None:
        """Take in a new picture; writes only what changed."""
        targets: list[Target] = []
        for pool in picture.pools.values():
            found = targets_of(pool, dns.get(pool.pool_id))
            targets += found
            wanted = orders_of(pool, found)
            if wanted != self._given.get(pool.pool_id, {}):
                with unit_of_work(self._sessions) as session:
                    set_probes(session, pool.pool_id, wanted)
                self._given[pool.pool_id] = wanted
        self._prober.aim(tuple(targets))


def targets_of(pool: PoolRow, facts: DnsFacts | None) -> list[Target]:
    """The services to try, the active member's first."""
    if not pool.policy.probe.configured:
        return []
    members = sorted(pool.members, key=lambda member: member.member_id != pool.active_id)
    found = [(member.member_id, service_address(pool, member, facts)) for member in members]
    return [Target(member_id, address, pool.policy.probe) for member_id, address in found if address is not None]


def orders_of(pool: PoolRow, targets: list[Target]) -> dict[UUID, tuple[Order, ...]]:
    """What each member is asked to try: the others."""
    return {
        member.member_id: tuple(
            Order(
                id=probe_id(target.member_id),
                kind=target.probe.kind.value,
                host=target.address,
                port=target.probe.port,
                path=target.probe.path,
                host_header=target.probe.host_header or target.address,
            )
            for target in targets
            if target.member_id != member.member_id
        )[:PEERS_MAX]
        for member in pool.members
        if targets
    }
