"""R6: a missing heartbeat is not a dead service. Who else can see it?"""

from __future__ import annotations

from uuid import UUID

from .timing import VOTE_FRESH_SEC
from .view import Standing, Vote


def votes(active: Standing, candidate: UUID | None) -> tuple[Vote, ...]:
    """The fresh votes that count: the control plane's and the candidate's."""
    cast = [active.seen_from_here, active.seen_by_peers.get(candidate) if candidate else None]
    return tuple(vote for vote in cast if vote is not None and vote.age_sec <= VOTE_FRESH_SEC)


def says_alive(found: tuple[Vote, ...]) -> bool:
    """The service answers everybody who could ask: the agent is lost, the service is up. Who could not ask abstains."""
    return bool(found) and all(vote.ok for vote in found)


def says_dead(found: tuple[Vote, ...]) -> bool:
    """Positive evidence: it failed from the control plane and from the candidate."""
    return len(found) == 2 and not any(vote.ok for vote in found)
