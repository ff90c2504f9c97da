"""A claimed job: its shape, its seal, and every reason not to run it."""

from __future__ import annotations

import hashlib
import hmac
import json

from .answer import JOB_ID, whole
from .clock import parse_stamp
from .errors import BadAnswer, JobRefused
from .params import check_params
from .policy import HostPolicy
from .registry import COMMANDS, Command

MOST_CRASHES = 2


class ClaimedJob:
    __slots__ = (
        "attempt",
        "cargo",
        "command",
        "expires_at",
        "generation",
        "id",
        "lease_sec",
        "mac",
        "member_id",
        "params",
        "timeout_sec",
    )

    def __init__(self, answer: dict[str, object], wanted_id: str) -> None:
        """BadAnswer for anything that is not the job that was asked for."""
        job = answer.get("job")
        if not isinstance(job, dict):
            raise BadAnswer("the claim's answer holds no job")
        self.id = wanted_id
        self.member_id = job.get("memberId")
        attempt, generation = whole(job.get("attempt"), 1, 2**31), whole(job.get("generation"), 0, 2**53)
        self.command = job.get("command")
        self.params = job.get("params")
        self.expires_at = job.get("expiresAt")
        self.mac = job.get("mac")
        self.timeout_sec = whole(job.get("timeoutSec"), 1, 7 * 86400)
        self.lease_sec = whole(answer.get("leaseSec"), 1, 86400) or 30
        if job.get("id") != wanted_id or not JOB_ID.fullmatch(wanted_id) or attempt is None or generation is None:
            raise BadAnswer("the claim's answer is about another job")
        if not isinstance(self.command, str) or not isinstance(self.params, dict):
            raise BadAnswer("the claimed job is malformed")
        self.attempt = attempt
        self.generation = generation
        self.cargo: dict[str, object] = {}  # known only once the seal is checked, see check_order


def cargo_in(params: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The parameters without `cargo`, and the files that it names. JobRefused when it is malformed."""
    text = params.get("cargo")
    if text is None:
        return params, {}
    try:
        named = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        named = None
    if not isinstance(named, dict):
        raise JobRefused("params_invalid", "cargo must name the job's files")
    return {name: value for name, value in params.items() if name != "cargo"}, named


def job_mac(
    secret: str,
    *,
    member_id: object,
    job_id: str,
    attempt: int,
    generation: int,
    expires_at: object,
    command: object,
    params: object,
) -> str:
    """The seal over a job, with a key that only the control plane and this member can make."""
    key = hmac.new(hashlib.sha256(secret.encode()).digest(), b"serversctl-job-v1", hashlib.sha256).digest()
    sealed = {
        "memberId": member_id, "jobId": job_id, "attempt": attempt, "generation": generation, "expiresAt": expires_at,
        "command": command, "params": params,
    }  # fmt: skip
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def check_seal(job: ClaimedJob, secrets: list[str], member_id: str, generation: int, now: float) -> None:
    """JobRefused when the job was not made for this member, by its control plane, for this time."""
    if not isinstance(job.mac, str) or not job.mac.isascii():
        raise JobRefused("mac_missing", "the job carries no MAC; the control plane must seal its jobs")
    for secret in secrets:
        expected = job_mac(
            secret, member_id=job.member_id, job_id=job.id, attempt=job.attempt, generation=job.generation,
            expires_at=job.expires_at, command=job.command, params=job.params,
        )  # fmt: skip
        if hmac.compare_digest(expected, job.mac.lower()):
            break
    else:
        raise JobRefused(
            "mac_invalid", "the job's MAC does not fit: it was changed on the way or made for another member"
        )
    if member_id and job.member_id != member_id:
        raise JobRefused("wrong_member", "the job is for another member")
    if job.generation < generation:
        raise JobRefused(
            "generation_old",
            f"the job is of generation {job.generation}, this host has seen {generation}: an older database was restored",
        )
    try:
        expires_at = parse_stamp(str(job.expires_at))
    except ValueError:
        raise JobRefused("expiry_invalid", "the job's expiry is not a UTC time") from None
    if now >= expires_at:
        raise JobRefused("expired", f"the job expired at {job.expires_at}")


def check_order(job: ClaimedJob, policy: HostPolicy, crashes: int) -> tuple[Command, dict[str, object]]:
    """The command and its checked parameters; JobRefused when this host does not run it."""
    if crashes >= MOST_CRASHES:
        raise JobRefused("quarantined", f"this job crashed {crashes} times on this host and is not tried again")
    known = COMMANDS.get(str(job.command))
    if known is None:
        raise JobRefused("unknown_command", f"this agent does not know {str(job.command)[:80]!r}: update the agent")
    refusal = policy.refusal(known.id, known.danger)
    if refusal:
        raise JobRefused("denied_by_policy", refusal)
    params, job.cargo = cargo_in(job.params)
    return known, check_params({**known.params, **known.hidden_params}, params)
