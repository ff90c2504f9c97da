# ruff: noqa: ARG002 - not every part of a Definition looks at everything
"""The roll-out of a configuration: read and check everywhere, then member by member, standbys first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..jobs import service as jobs
from ..kernel.errors import Conflict
from ..kernel.sealed import Sealer
from ..members.tables import Member
from ..workflows.ports import Definition, Results, Skip, StepOrder, StepSpec, Subject
from ..workflows.tables import Workflow, WorkflowStep
from .commands import COMPARE
from .service.applying import APPLY, settle_apply
from .service.versions import current_of, files_of, pack
from .tables import HaproxyVersion

BASELINE_SEC = 15
READS = "Nothing is changed by reading."
NO_SOCKET = "HAProxy has no admin socket there, so its traffic cannot be measured."
KEPT_FOR_UNDO = "What was live before is put back."


class Apply(Definition):
    """Params: {versionId, number, targets: {memberId: versionId} in order, soakSec, overwrite}."""

    kind = APPLY

    def title(self, subject: Subject, params: Mapping[str, Any]) -> str:
        count = len(params["targets"])
        return f"Apply version {params['number']} of the HAProxy configuration to {count} {'member' if count == 1 else 'members'}"

    def steps(self, session: Session, subject: Subject, params: Mapping[str, Any]) -> Sequence[StepSpec]:
        ids = [UUID(member_id) for member_id in params["targets"]]
        names = {
            row.id: row.hostname
            for row in session.execute(select(Member.id, Member.hostname).where(Member.id.in_(ids)))
        }
        first: list[StepSpec] = []
        then: list[StepSpec] = []
        for number, member_id in enumerate(ids):
            name = names[member_id]
            active = member_id == subject.pool.active_member_id
            where = f"{name} (active)" if active else name
            first += [
                StepSpec(
                    f"read-{number}",
                    f"Read what is live on {where}",
                    "haproxy.config_read",
                    member_id,
                    no_undo_reason=READS,
                ),
                StepSpec(
                    f"check-{number}",
                    f"Check it with HAProxy on {where}",
                    "haproxy.config_check",
                    member_id,
                    no_undo_reason=READS,
                ),
            ]
            then += [
                StepSpec(f"before-{number}", f"Measure traffic of {where}", "haproxy.traffic_sample", member_id, no_undo_reason=READS),
                StepSpec(f"apply-{number}", f"Apply on {where}", "haproxy.config_apply", member_id,
                         undo=("haproxy.config_apply", {}), note=KEPT_FOR_UNDO),
                StepSpec(f"soak-{number}", f"Watch {where}", "haproxy.traffic_sample", member_id, no_undo_reason=READS),
                StepSpec(f"compare-{number}", f"Compare {where} with the time before", COMPARE, None, no_undo_reason=READS),
            ]  # fmt: skip
        return [*first, *then]

    def order_of(
        self, session: Session, sealer: Sealer, flow: Workflow, step: WorkflowStep, results: Results
    ) -> StepOrder | Skip:
        what, _, number = step.key.rpartition("-")
        member_id, version_id = list(flow.params["targets"].items())[int(number)]
        if what in {"before", "soak"}:
            seconds = flow.params["soakSec"] if what == "soak" else BASELINE_SEC
            measurable = _has_socket(session, sealer, flow, number)
            return StepOrder({"seconds": seconds}) if measurable else Skip(NO_SOCKET)
        if what == "compare":
            after = results.get(f"soak-{number}")
            if after is None:
                return Skip("Nothing was measured.")
            return StepOrder({"before": _short(results.get(f"before-{number}")), "after": _short(after)})
        if what == "read":
            return StepOrder()
        files = {"config": pack(files_of(sealer, session.get_one(HaproxyVersion, UUID(version_id))))}
        if what == "check":
            _refuse_drift(session, flow, UUID(member_id), results.get(f"read-{number}", {}))
            return StepOrder(inputs=files)
        for check in (results[key] for key in results if key.startswith("check-")):
            _refuse_invalid(check)
        return StepOrder({"fingerprint": str(results[f"read-{number}"].get("fingerprint", ""))}, files)

    def undo_of(
        self, session: Session, sealer: Sealer, flow: Workflow, step: WorkflowStep, results: Results
    ) -> StepOrder | Skip:
        number = step.key.rpartition("-")[2]
        before = _read(session, sealer, flow, number)
        if before is None:
            raise Conflict(
                "config_forgotten", "What was live before is not kept longer than a day: apply an older version."
            )
        if not (step.result or {}).get("changed", True):
            return Skip("Nothing had been changed there.")
        return StepOrder({"fingerprint": str((step.result or {}).get("fingerprint") or "")}, {"config": before})

    def on_end(self, session: Session, flow: Workflow) -> None:
        steps = session.scalars(select(WorkflowStep).where(WorkflowStep.workflow_id == flow.id)).all()
        settle_apply(session, flow, {step.key: step.result or {} for step in steps})


def _refuse_drift(session: Session, flow: Workflow, member_id: UUID, read: Mapping[str, Any]) -> None:
    member = session.get_one(Member, member_id)
    current = current_of(session, member)
    if current is None or flow.params["overwrite"] or current.fingerprint in {None, read.get("fingerprint")}:
        return
    raise Conflict(
        "config_drifted",
        f"{member.hostname} does not run version {current.number}: somebody edited it on the host. "
        "Look at the difference, then adopt it or apply over it.",
    )


def _refuse_invalid(check: Mapping[str, Any]) -> None:
    if check.get("valid") is False:
        raise Conflict("config_invalid_there", str(check.get("error") or "HAProxy there refuses it."))


def _read(session: Session, sealer: Sealer, flow: Workflow, number: str) -> bytes | None:
    job_id = session.scalar(
        select(WorkflowStep.job_id).where(WorkflowStep.workflow_id == flow.id, WorkflowStep.key == f"read-{number}")
    )
    return jobs.output_of(session, sealer, job_id, "config") if job_id else None


def _has_socket(session: Session, sealer: Sealer, flow: Workflow, number: str) -> bool:
    """Whether the configuration that is live, and so runs, has an admin socket."""
    data = _read(session, sealer, flow, number)
    text = " ".join(str(row["text"]) for row in json.loads(data)["files"]) if data else ""
    return any(
        "stats socket" in line and "level admin" in line
        for line in text.splitlines()
        if not line.strip().startswith("#")
    )


def _short(sample: Mapping[str, Any] | None) -> str:
    """A sample as a parameter: at most 4 KiB of text."""
    if sample is None:
        return ""
    return json.dumps({**sample, "backendsDown": list(sample.get("backendsDown") or ())[:20]})


FLOWS = [Apply()]
