"""What advancing a workflow needs besides the session."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ...jobs.catalogue import Catalogue
from ...jobs.ports import FactsOf, MemberFacts
from ...kernel.sealed import Sealer


def nothing_known(_member_id: UUID) -> MemberFacts | None:
    return None


@dataclass(frozen=True, slots=True)
class Tools:
    catalogue: Catalogue
    sealer: Sealer
    facts_of: FactsOf = nothing_known
