"""Jobs for agents: claim, progress, complete. The member is known by its secret; the body's host name can only refuse it."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from ..identity.access import public
from ..kernel.db import database_now
from ..kernel.errors import Conflict
from ..kernel.http import Blueprint, session, wired
from ..members.service import Proven
from . import mac, schemas, service
from .calling_member import calling_member
from .completion import ending_of
from .rules import Kind, State, Verdict
from .seasoning import params_for_agent

agent_blp = Blueprint("agent_jobs", __name__, url_prefix="/api/agents/jobs", description="Jobs, the agent's side")


@agent_blp.route("/claim")
class Claim(MethodView):
    @public
    @agent_blp.arguments(schemas.ClaimIn)
    @agent_blp.response(200, schemas.ClaimOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a job that a heartbeat named"""
        caller = calling_member(body["hostname"])
        claimed = service.claim(session(), body["job_id"], caller.member.id)
        try:
            params = params_for_agent(session(), wired().sealer, claimed.job, caller.member)
        except Conflict as why:
            service.move(session(), claimed.job, Verdict(State.FAILED, why.detail), database_now(session()))
            session().commit()  # the job is over; only this request is refused
            raise
        return {"job": _sealed(claimed, caller, params), "lease_sec": claimed.lease_sec}


def _sealed(claimed: service.Claimed, caller: Proven, params: dict[str, Any]) -> dict[str, Any]:
    job, member = claimed.job, caller.member
    fields = {
        "memberId": str(member.id),
        "jobId": str(job.id),
        "attempt": job.attempt,
        "generation": job.generation,
        "expiresAt": claimed.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": job.command,
        "params": params,
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
        "mac": mac.seal(caller.secret_hash, fields),
    }


@agent_blp.route("/progress")
class Progress(MethodView):
    @public
    @agent_blp.arguments(schemas.ProgressIn)
    @agent_blp.response(200, schemas.ProgressOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Extend the lease of a running job, and hear whether to stop it"""
        told = service.Progress(percent=body["percent"], step=body["step"], log_tail=body["log_tail"])
        member = calling_member(body["hostname"]).member
        stop = service.progress(session(), body["job_id"], member.id, body["attempt"], told)
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
        member = calling_member(body["hostname"]).member
        receipt = service.complete(session(), body["job_id"], member.id, body["attempt"], report)
        if receipt.kind is Kind.CONFLICT:
            session().commit()  # the evidence and its audit entry outlive the refusal
            raise Conflict(
                "completion_conflict",
                f"This attempt was reported differently before; the job stays {receipt.job.state}.",
                extra={"state": receipt.job.state},
            )
        return {"status": receipt.job.state, "recorded": receipt.kind in {Kind.ACCEPT, Kind.SAME}}
