# ruff: noqa: ARG002 - the defaults of a Definition look at nothing
"""What an upper room says about a kind of workflow. Rooms declare `FLOWS = [Definition(), …]` in their `flows.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from ..kernel.sealed import Sealer
from ..members.tables import Member
from ..pools.tables import Pool

if TYPE_CHECKING:
    from .tables import Workflow, WorkflowStep

Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: a command on a member, or for the pool when `member_id` is None.

    `undo` is the command that takes it back with its parameters; without one `no_undo_reason` says why.
    """

    key: str
    title: str
    command: str
    member_id: UUID | None = None
    undo: tuple[str, Mapping[str, Any]] | None = None
    no_undo_reason: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.undo is None and not self.no_undo_reason:
            raise ValueError(f"step {self.key}: give an undo, or the reason why there is none")


@dataclass(frozen=True, slots=True)
class StepOrder:
    """What the step's job gets. `inputs` travel as cargo."""

    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """There is nothing to do in this step."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: the workflow asks again within seconds, and shows the reason meanwhile."""

    reason: str


@dataclass(frozen=True, slots=True)
class Precondition:
    ok: bool
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a workflow is about."""

    pool: Pool
    member: Member | None = None
    sealer: Sealer | None = None


class Definition:
    """A kind of workflow. Subclass it; `kind` is stable and its area is the room's name."""

    kind: str = ""
    # Codes of refusals that pass by themselves: the workflow waits and asks again.
    passing: frozenset[str] = frozenset()

    def title(self, subject: Subject, params: Mapping[str, Any]) -> str:
        raise NotImplementedError

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        """The steps, fixed when the workflow starts."""
        raise NotImplementedError

    def preconditions(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[Precondition]:
        """All have to hold when it starts."""
        return ()

    def order_of(
        self,
        session: Session,
        sealer: Sealer,
        flow: Workflow,
        step: WorkflowStep,
        results: Results,
    ) -> StepOrder | Skip | Wait:
        """Parameters of a step whose turn has come; `results` holds those of the completed steps by key."""
        return StepOrder()

    def undo_of(
        self,
        session: Session,
        sealer: Sealer,
        flow: Workflow,
        step: WorkflowStep,
        results: Results,
    ) -> StepOrder | Skip | Wait:
        """The same for taking the step back."""
        return StepOrder(step.undo_params or {})

    def on_end(self, session: Session, flow: Workflow) -> None:
        """Called in the transaction that ends it, in whatever state."""
