# ruff: noqa: ARG002 - not every part of a Definition looks at everything
"""The four ways of recovery as workflows. Params: {snapshotId, scopes, sourceName, makeActive}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from ..kernel.errors import Conflict
from ..kernel.sealed import Sealer
from ..members.tables import Member
from ..workflows.ports import Definition, Results, Skip, StepOrder, StepSpec, Subject, Wait
from ..workflows.tables import Workflow, WorkflowStep
from .commands import AWAIT_READY, MAKE_ACTIVE

RESTORE, PROVISION, REBUILD, DRILL = (
    "recovery.restore", "recovery.provision_standby", "recovery.rebuild", "recovery.drill",
)  # fmt: skip
LOOKS = "Looking changes nothing."
NO_UNINSTALL = "HAProxy and the restored files stay: restore another backup, or remove the member."


class Recovery(Definition):
    """What the four have in common: the parameters of each step come from its key."""

    # An agent that has just installed HAProxy reports it a heartbeat later.
    passing = frozenset({"stack_absent"})
    verb = ""

    def title(self, subject: Subject, params: Mapping[str, Any]) -> str:
        assert subject.member is not None  # noqa: S101
        return f"{self.verb} {subject.member.hostname} from a backup of {params['sourceName']}"

    def order_of(
        self, session: Session, sealer: Sealer, flow: Workflow, step: WorkflowStep, results: Results
    ) -> StepOrder | Skip | Wait:
        if step.key == "ready" and results.get("prove", {}).get("proved") is False:
            raise Conflict(
                "drill_not_proved", f"The backup is no good: {results['prove'].get('detail') or 'see the job'}"
            )
        if step.key in {"heard", "ready", "active"}:
            if step.key == "heard" and not _heard(session, flow):
                return Wait("The replacement has not been heard yet: run its install command on the new host.")
            return StepOrder({} if step.key == "heard" else {"memberId": str(flow.member_id)})
        if step.key in {"restore", "provision"}:
            return StepOrder({"snapshotId": flow.params["snapshotId"], "scopes": ",".join(flow.params["scopes"])})
        if step.key == "prove":
            return StepOrder({"snapshotId": flow.params["snapshotId"]})
        return StepOrder()


def _heard(session: Session, flow: Workflow) -> bool:
    member = session.get(Member, flow.member_id)
    return member is not None and member.first_seen_at is not None


class RestoreToMember(Recovery):
    """The target is backed up first, so that the restore can be taken back."""

    kind, verb = RESTORE, "Restore"

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        where = _target(subject)
        return [
            StepSpec("before", "Back up the target as it is", "backup.haproxy", where, no_undo_reason="A backup more does no harm."),
            StepSpec(
                "restore", "Restore the chosen files", "backup.restore", where, undo=("backup.restore", {}),
                note="Staged, checked by HAProxy, swapped in, watched for 10 s; the old files come back when anything is wrong.",
            ),
        ]  # fmt: skip

    def undo_of(
        self, session: Session, sealer: Sealer, flow: Workflow, step: WorkflowStep, results: Results
    ) -> StepOrder | Skip:
        before = results.get("before", {}).get("snapshotId")
        if not before:
            return Skip("There is no backup of the target from before.")
        return StepOrder({"snapshotId": str(before), "scopes": ",".join(flow.params["scopes"])})


class ProvisionStandby(Recovery):
    kind, verb = PROVISION, "Provision"

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        return [*_provision(subject), _ready()]


class Rebuild(Recovery):
    """FO-17: the enrolled replacement is heard, provisioned, restored, ready, and active when that was asked for."""

    kind, verb = REBUILD, "Rebuild"

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        found = [_heard_step(), *_provision(subject), _ready()]
        if params["makeActive"]:
            found.append(
                StepSpec("active", "Make it active", MAKE_ACTIVE, no_undo_reason="Cut over to another member instead.")
            )
        return found


class Drill(Recovery):
    """Nothing live is touched: the backup is read back and judged in a folder of its own, then readiness is looked at."""

    kind, verb = DRILL, "Drill on"

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        return [
            StepSpec("prove", "Read the backup back and let HAProxy check it", "backup.verify", _target(subject), no_undo_reason=LOOKS),
            StepSpec("ready", "Wait until failover would take the standby", AWAIT_READY, no_undo_reason=LOOKS),
            StepSpec("judge", "Judge the pool", "failover.evaluate", no_undo_reason=LOOKS),
        ]  # fmt: skip


def _target(subject: Subject) -> Any:
    assert subject.member is not None  # noqa: S101
    return subject.member.id


def _heard_step() -> StepSpec:
    return StepSpec("heard", "Hear the replacement, and judge the pool", "failover.evaluate", no_undo_reason=LOOKS)


def _provision(subject: Subject) -> list[StepSpec]:
    return [
        StepSpec(
            "provision", "Install HAProxy and restore the backup", "standby.provision_from_backup", _target(subject),
            no_undo_reason=NO_UNINSTALL,
        )
    ]  # fmt: skip


def _ready() -> StepSpec:
    return StepSpec("ready", "Wait until failover would take it", AWAIT_READY, no_undo_reason=LOOKS)


FLOWS = [RestoreToMember(), ProvisionStandby(), Rebuild(), Drill()]
