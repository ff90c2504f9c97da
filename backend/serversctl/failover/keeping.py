"""`ports.RecordKeeper` over the dns room."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from ..dns.keeper import RecordKeeper as RoomKeeper
from ..dns.reconcile import Convergence
from ..dns.tables import PoolDns
from ..kernel.db import SessionFactory, reading
from .ports import Converged, DnsFacts, Fence
from .rules.view import Addresses


class DnsKeeper:
    """Translates between the two rooms' words; adds nothing of its own."""

    def __init__(self, room: RoomKeeper, sessions: SessionFactory) -> None:
        self._room = room
        self._sessions = sessions

    def facts(self) -> Mapping[UUID, DnsFacts]:
        with reading(self._sessions) as session:
            rows = session.execute(select(PoolDns.pool_id, PoolDns.wanted)).all()
        written = {pool_id for pool_id, wanted in rows if wanted}
        return {
            pool_id: DnsFacts(
                internal=facts.internal,
                dynamic_sync=facts.dynamic_sync,
                published=pool_id in written,
                problem=facts.problem,
            )
            for pool_id, facts in self._room.facts().items()
        }

    def converge(self, pool_id: UUID, addresses: Addresses, fence: Fence, *, urgent: bool) -> Converged:
        want = {kind: tuple(found) for kind, found in addresses.items()}
        return _converged(self._room.converge(pool_id, want, fence, urgent=urgent))

    def observe(self, pool_id: UUID) -> Converged:
        return _converged(self._room.observe(pool_id))


def _converged(found: Convergence) -> Converged:
    writes = tuple(
        {"kind": w.kind, "type": w.type, "old": w.old, "new": w.new, "certain": w.certain} for w in found.writes
    )
    return Converged(
        outcome=found.outcome.value,
        observed=found.observed,
        writes=writes,
        detail=found.detail,
        retry_after_sec=found.retry_after_sec,
        verified=found.verified,
    )
