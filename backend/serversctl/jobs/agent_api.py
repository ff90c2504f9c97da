"""Jobs for agents: claim, progress, complete. The member is known by its secret, never by what the body says."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from ..identity.access import public
from ..kernel.errors import Conflict
from ..kernel.http import Blueprint, session
from . import mac, schemas, service
from .calling_member import CallingMember, calling_member
from .completion import ending_of
from .hidden_params import with_hidden
from .rules import Kind

agent_blp = Blueprint("agent_jobs", __name__, url_prefix="/api/agents/jobs", description="Jobs, the agent's side")


@agent_blp.route("/claim")
class Claim(MethodView):
    @public
    @agent_blp.arguments(schemas.ClaimIn)
    @agent_blp.response(200, schemas.ClaimOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a job that a heartbeat named"""
        member = calling_member()
        claimed = service.claim(session(), body["job_id"], member.id)
        return {"job": _sealed(claimed, member), "lease_sec": claimed.lease_sec}


def _sealed(claimed: service.Claimed, member: CallingMember) -> dict[str, Any]:
    job = claimed.job
    fields = {
        "memberId": str(member.id),
        "jobId": str(job.id),
        "attempt": job.attempt,
        "generation": job.generation,
        "expiresAt": claimed.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": job.command,
        "params": with_hidden(session(), job, member.id),
    }
    return {
        "id": job.id,
        "member_id": member.id,
        "attempt": job.attempt,
        "generation": job.generation,
        "command": job.command,
        "params": fields["params"],
        "expires_at": fields["expiresAt"],
        "timeout_sec": job.timeout_sec,
        "mac": mac.seal(member.secret_hash, fields),
    }


@agent_blp.route("/progress")
class Progress(MethodView):
    @public
    @agent_blp.arguments(schemas.ProgressIn)
    @agent_blp.response(200, schemas.ProgressOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Extend the lease of a running job, and hear whether to stop it"""
        told = service.Progress(percent=body["percent"], step=body["step"], log_tail=body["log_tail"])
        stop = service.progress(session(), body["job_id"], calling_member().id, body["attempt"], told)
        return {"cancel": stop, "lease_sec": service.LEASE_SEC}


@agent_blp.route("/complete")
class Complete(MethodView):
    @public
    @agent_blp.arguments(schemas.CompleteIn)
    @agent_blp.response(200, schemas.CompleteOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Tell how an attempt ended; telling the same again changes nothing"""
        report = service.Report(
            ending=ending_of(body["status"], body["error"], body["result"]),
            exit_code=body["exit_code"],
            error=body["error"],
            result=body["result"],
            log=body["log"],
            log_size_bytes=body["log_size_bytes"],
        )
        receipt = service.complete(session(), body["job_id"], calling_member().id, body["attempt"], report)
        if receipt.kind is Kind.CONFLICT:
            session().commit()  # the evidence and its audit entry outlive the refusal
            raise Conflict(
                "completion_conflict",
                f"This attempt was reported differently before; the job stays {receipt.job.state}.",
                extra={"state": receipt.job.state},
            )
        return {"status": receipt.job.state, "recorded": receipt.kind in {Kind.ACCEPT, Kind.SAME}}
