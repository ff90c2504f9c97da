"""Jobs for people and integrations: the catalogue, ordering, reading, cancelling, deciding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity.access import Demand, Role, actor, allow, principal
from ..identity.rules import refusal
from ..kernel.errors import Invalid, NotFound
from ..kernel.http import Blueprint, session, wired
from ..kernel.paging import Page
from ..members.tables import Member
from ..pools.tables import Pool
from . import flags, schemas, service
from .agent_api import agent_blp  # the app finds a room's blueprints here
from .blobs_api import blobs_blp
from .catalogue import Catalogue, Command, load
from .objects_api import objects_blp
from .ports import MemberFacts
from .rotation import refuse_without_secret
from .rules import Choice, Danger, State
from .tables import Job, JobStop

__all__ = ["agent_blp", "blobs_blp", "blp", "objects_blp"]

blp = Blueprint(
    "jobs", __name__, url_prefix="/api", description="Commands ordered for members, and what became of them"
)


@blp.record_once
def lend(state: Any) -> None:
    """What heartbeats call by name: the jobs and cancels that wait for a member."""
    state.app.extensions["serversctl"].hooks.setdefault("waiting_jobs", service.waiting)


def catalogue() -> Catalogue:
    """The catalogue of this process."""
    wiring = wired()
    if "jobs_catalogue" not in wiring.hooks:
        found = load(wiring.settings.agent_dist)
        wiring.hooks["jobs_catalogue"] = lambda: found
    made: Catalogue = wiring.hooks["jobs_catalogue"]()
    return made


def _facts_of(member_id: UUID) -> MemberFacts | None:
    ask = wired().hooks.get("member_facts")
    found = ask(member_id) if ask else None
    if found is None:
        return None
    return MemberFacts(found.agent_version, found.os_family, found.stacks, found.commands)


def _may_order(command: Command, confirm: str | None, expected: str) -> None:
    if command.danger is not Danger.DANGEROUS:
        return
    refused = refusal(principal(), Demand(Role.ADMIN, "jobs:write", dangerous=True), wired().clock.now())
    if refused is not None:
        raise refused
    by_browser = principal().scopes is None
    if by_browser and (confirm or "").strip().lower() != expected.lower():
        raise Invalid(
            "confirmation_missing",
            f"{command.id} is dangerous: send {expected!r} in `confirm`.",
            errors={"confirm": [f"Type {expected} to confirm."]},
        )


def _member(member_id: UUID) -> Member:
    member = session().get(Member, member_id)
    if member is None or member.account_id != principal().account_id:
        raise NotFound("member_not_found", "There is no such member.")
    return member


def _pool(pool_id: UUID) -> Pool:
    pool = session().get(Pool, pool_id)
    if pool is None or pool.account_id != principal().account_id:
        raise NotFound("pool_not_found", "There is no such pool.")
    return pool


def _order(wish: dict[str, Any], pool: Pool, member: Member | None, key: str | None) -> tuple[Job, int]:
    command = catalogue().get(wish["command"])
    _may_order(command, wish["confirm"], member.hostname if member else pool.name)
    if member is not None:
        refuse_without_secret(session(), wired().sealer, command.id, member)
    ordered = service.order(
        session(),
        command=command,
        params=wish["params"],
        actor=actor(),
        pool=pool,
        member=member,
        facts=_facts_of(member.id) if member else None,
        idempotency_key=key,
    )
    if ordered.created and member is not None:
        flags.raise_after_commit(session(), wired().redis, flags.PENDING, member.id)
    return ordered.job, 201 if ordered.created else 200


@blp.route("/commands")
class Commands(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.response(200, schemas.CatalogueOut)
    def get(self) -> dict[str, Any]:
        """List the commands that can be ordered"""
        return {"items": list(catalogue())}


@blp.route("/commands/<string:command_id>")
class OneCommand(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.response(200, schemas.CommandOut)
    def get(self, command_id: str) -> Command:
        """Read one command"""
        return catalogue().find(command_id)


@blp.route("/members/<uuid:member_id>/jobs")
class MemberJobs(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.arguments(schemas.MemberJobsArgs, location="query")
    @blp.response(200, schemas.JobPage)
    def get(self, args: dict[str, Any], member_id: UUID) -> Page[Job]:
        """List a member's jobs, newest first"""
        args["state"] = args.pop("status")
        return service.jobs_page(session(), principal().account_id, member_id=_member(member_id).id, **args)

    @allow(Role.OPERATOR, "jobs:write")
    @blp.arguments(schemas.JobOrder)
    @blp.arguments(schemas.OrderHeaders, location="headers")
    @blp.response(201, schemas.JobOut)
    @blp.alt_response(200, schema=schemas.JobOut, description="The job that this Idempotency-Key ordered before")
    def post(self, wish: dict[str, Any], headers: dict[str, Any], member_id: UUID) -> tuple[Job, int]:
        """Order a command for a member"""
        member = _member(member_id)
        return _order(wish, _pool(member.pool_id), member, headers["idempotency_key"])


@blp.route("/pools/<uuid:pool_id>/jobs")
class PoolJobs(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.arguments(schemas.MemberJobsArgs, location="query")
    @blp.response(200, schemas.JobPage)
    def get(self, args: dict[str, Any], pool_id: UUID) -> Page[Job]:
        """List the jobs of a pool and its members, newest first"""
        args["state"] = args.pop("status")
        return service.jobs_page(session(), principal().account_id, pool_id=_pool(pool_id).id, **args)

    @allow(Role.OPERATOR, "jobs:write")
    @blp.arguments(schemas.JobOrder)
    @blp.arguments(schemas.OrderHeaders, location="headers")
    @blp.response(201, schemas.JobOut)
    @blp.alt_response(200, schema=schemas.JobOut, description="The job that this Idempotency-Key ordered before")
    def post(self, wish: dict[str, Any], headers: dict[str, Any], pool_id: UUID) -> tuple[Job, int]:
        """Order a command that the control plane runs for a pool"""
        return _order(wish, _pool(pool_id), None, headers["idempotency_key"])


@blp.route("/jobs")
class Jobs(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.arguments(schemas.JobsArgs, location="query")
    @blp.response(200, schemas.JobPage)
    def get(self, args: dict[str, Any]) -> Page[Job]:
        """List all jobs of the account, newest first"""
        args["state"] = args.pop("status")
        return service.jobs_page(session(), principal().account_id, **args)


def _job(job_id: UUID) -> Job:
    return service.job_of_account(session(), principal().account_id, job_id)


@blp.route("/jobs/<uuid:job_id>")
class OneJob(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.response(200, schemas.JobDetailOut)
    def get(self, job_id: UUID) -> Job:
        """Read a job with its log, its attempts and late reports"""
        job: Any = _job(job_id)
        job.log = service.log_of(session(), job_id)
        job.attempts = service.attempts_of(session(), job_id)
        job.evidence = service.evidence_of(session(), job_id)
        found: Job = job
        return found


@blp.route("/jobs/<uuid:job_id>/log")
class JobLogText(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.arguments(schemas.LogArgs, location="query")
    @blp.response(200, schemas.LogOut)
    def get(self, args: dict[str, Any], job_id: UUID) -> dict[str, Any]:
        """Read a job's log from an offset on, to follow it while it runs"""
        job = _job(job_id)
        text = service.log_of(session(), job_id)
        offset = args["offset"] if args["offset"] <= len(text) else 0
        return {
            "text": text[offset:],
            "offset": offset,
            "next_offset": len(text),
            "size_bytes": job.log_size_bytes,
            "ended": job.state in {"completed", "failed", "cancelled", "timed_out"},
        }


@blp.route("/jobs/<uuid:job_id>/cancel")
class CancelJob(MethodView):
    @allow(Role.OPERATOR, "jobs:write")
    @blp.response(202, schemas.JobOut)
    def post(self, job_id: UUID) -> Job:
        """Cancel a job: at once while pending, through the agent while running"""
        job = service.cancel(session(), _job(job_id), actor())
        if job.state == State.RUNNING and job.member_id is not None:
            flags.raise_after_commit(session(), wired().redis, flags.CANCEL, job.member_id)
        return job


@blp.route("/jobs/<uuid:job_id>/resolve")
class ResolveJob(MethodView):
    @allow(Role.OPERATOR, "jobs:write")
    @blp.arguments(schemas.ResolveOrder)
    @blp.response(200, schemas.JobOut)
    def post(self, wish: dict[str, Any], job_id: UUID) -> Job:
        """Decide about a job whose outcome nobody knows, or that a restore holds"""
        job, choice = _job(job_id), Choice(wish["choice"])
        if choice is Choice.RETRY and job.danger == Danger.DANGEROUS:
            refused = refusal(principal(), Demand(Role.ADMIN, "jobs:write", dangerous=True), wired().clock.now())
            if refused is not None:
                raise refused
        job = service.resolve(session(), job, choice, actor())
        if job.state == State.PENDING and job.member_id is not None:
            flags.raise_after_commit(session(), wired().redis, flags.PENDING, job.member_id)
        return job


def _shown(stop: JobStop | None) -> dict[str, Any]:
    if stop is None:
        return {"stopped": False, "reason": "", "stopped_by": "", "since": None}
    return {"stopped": True, "reason": stop.reason, "stopped_by": stop.stopped_by, "since": stop.since}


@blp.route("/jobs/stop")
class StopSwitch(MethodView):
    @allow(Role.VIEWER, "jobs:read")
    @blp.response(200, schemas.StopOut)
    def get(self) -> dict[str, Any]:
        """Read the stop switch"""
        return _shown(service.stop_of(session(), principal().account_id))

    @allow(Role.OPERATOR, "jobs:write")
    @blp.arguments(schemas.StopOrder)
    @blp.response(200, schemas.StopOut)
    def put(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Stop ordering and starting jobs in this account, or lift the stop"""
        account_id = principal().account_id
        if wish["stopped"]:
            return _shown(service.stop_work(session(), account_id, actor(), wish["reason"] or "no reason given"))
        refused = refusal(principal(), Demand(Role.ADMIN, "jobs:write"), wired().clock.now())
        if refused is not None:
            raise refused
        service.lift_stop(session(), account_id, actor())
        return _shown(None)
