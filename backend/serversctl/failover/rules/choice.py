"""Which of the ready members takes over."""

from __future__ import annotations

from uuid import UUID

from .guards import ALL, Guards
from .readiness import Readiness
from .view import PoolView


def choose(pool: PoolView, ready: dict[UUID, Readiness], guards: Guards = ALL) -> UUID | None:
    """The best candidate, or None.

    Severe warnings rank last; then the operator's priority (lower first), then fewer warnings, then the longest
    unbroken run, so that of two that flap the steadier one serves.
    """
    candidates = [
        member
        for member in pool.members
        if member.member_id != pool.active_id
        and member.addresses
        and (ready[member.member_id].ready or not guards.readiness)
    ]
    if not candidates:
        return None

    def rank(index: int) -> tuple[bool, int, int, float, str]:
        member = candidates[index]
        warned = ready[member.member_id].warned
        severe = any(gate.severe for gate in warned)
        return severe, member.priority, len(warned), -member.run_sec, str(member.member_id)

    return candidates[min(range(len(candidates)), key=rank)].member_id
