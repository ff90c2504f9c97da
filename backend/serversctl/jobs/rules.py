"""What may become of a job: one state table, decided without a database or a clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

# An agent that crashed twice with the same job will crash a third time.
CRASHES_TO_QUARANTINE = 2
RETRY_FIRST_SEC, RETRY_MAX_SEC = 5, 300
# How often one attempt is offered again when nothing was heard after its claim.
MOST_DELIVERIES = 20


class State(StrEnum):
    """The life of a job. `unknown` waits for a late result or for an operator, `held` for an operator."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"
    HELD = "held"


ENDED = frozenset({State.COMPLETED, State.FAILED, State.CANCELLED, State.TIMED_OUT})
OPEN = frozenset(State) - ENDED


class Danger(StrEnum):
    """What a command can do to a host; each class asks more of the person who orders it."""

    READ = "read"
    CHANGE = "change"
    DANGEROUS = "dangerous"


class Ending(StrEnum):
    """How the agent says that an attempt ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"  # the agent or its host died in between, and found the open entry in its journal


class Choice(StrEnum):
    """What an operator may say about a job whose outcome nobody knows."""

    RETRY = "retry"
    FAILED = "failed"


class Kind(StrEnum):
    """What a completion is to us."""

    ACCEPT = "accept"
    SAME = "same"  # told before: nothing changes
    CONFLICT = "conflict"  # told before, differently: the first stands
    EVIDENCE = "evidence"  # of an attempt that no longer counts
    UNHEARD_OF = "unheard_of"  # of an attempt that was never given out


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need to know of a job."""

    state: State
    attempt: int
    max_attempts: int = 3
    idempotent: bool = False
    cancel_requested: bool = False
    crashes: int = 0
    heard: bool = True  # something came from the agent since the claim
    deliveries: int = 1  # how often this attempt was given out


@dataclass(frozen=True, slots=True)
class Verdict:
    """The next state and why. `retry_in_sec` is set when the job goes back to pending.

    `same_attempt`: the next claim hands out the same attempt again, not a new one.
    """

    state: State
    reason: str = ""
    retry_in_sec: int | None = None
    crashed: bool = False
    same_attempt: bool = False


def retry_delay_sec(attempt: int) -> int:
    """Pause before the next attempt: doubles from 5 s to 5 min. The caller adds jitter."""
    return int(min(RETRY_MAX_SEC, RETRY_FIRST_SEC * 2 ** min(max(0, attempt - 1), 10)))


def kind_of_report(job: Standing, attempt: int, told: str | None, now_told: str) -> Kind:
    """Compare a completion with what is known. `told` is the digest stored for that attempt, if any."""
    if attempt < 1 or attempt > job.attempt:
        return Kind.UNHEARD_OF
    if told is not None:
        return Kind.SAME if told == now_told else Kind.CONFLICT
    if attempt < job.attempt or job.state in ENDED:
        return Kind.EVIDENCE
    return Kind.ACCEPT


def after_report(job: Standing, ending: Ending) -> Verdict:
    """The state that an accepted completion leads to."""
    if ending is Ending.COMPLETED:
        return Verdict(State.COMPLETED)
    if ending is Ending.INTERRUPTED:
        return _after_crash(job)
    if ending is Ending.TIMED_OUT:
        return Verdict(State.TIMED_OUT)
    # An agent of protocol version 1 can only say `failed` for a job that it stopped for us.
    return Verdict(State.CANCELLED if job.cancel_requested else State.FAILED)


def _after_crash(job: Standing) -> Verdict:
    crashes = job.crashes + 1
    if crashes >= CRASHES_TO_QUARANTINE:
        return Verdict(
            State.FAILED,
            f"Quarantined: the agent died {crashes} times with this job. Find out why before you order it again.",
            crashed=True,
        )
    silent = after_silence(replace(job, heard=True))
    if silent.state is State.UNKNOWN:
        reason = "The agent or its host died while it ran. Look at the host, then retry it or mark it failed."
        return Verdict(State.UNKNOWN, reason, crashed=True)
    return Verdict(silent.state, silent.reason, silent.retry_in_sec, crashed=True)


def after_silence(job: Standing) -> Verdict:
    """The lease ran out: nobody knows whether the attempt had its effect.

    When nothing at all was heard after the claim, its answer was probably lost. Offering the very same attempt
    again is safe for any command: an agent that did begin finds (job, attempt) in its journal and runs nothing.
    """
    if not job.heard and not job.cancel_requested and job.deliveries < MOST_DELIVERIES:
        return Verdict(State.PENDING, "Nothing was heard after the claim; offered again.", 0, same_attempt=True)
    if not job.idempotent:
        reason = "The agent fell silent while it ran. Look at the host, then retry it or mark it failed."
        return Verdict(State.UNKNOWN, reason)
    if job.cancel_requested:
        return Verdict(State.CANCELLED, "Cancelled while the agent was silent; it may have run in part.")
    if job.attempt < job.max_attempts:
        return Verdict(State.PENDING, "The agent fell silent; it is tried again.", retry_delay_sec(job.attempt))
    reason = f"The agent fell silent in each of {job.attempt} attempts. Retry it or mark it failed."
    return Verdict(State.UNKNOWN, reason)


def after_deadline(_job: Standing, timeout_sec: int) -> Verdict:
    """The agent still reports progress long after the command's time limit."""
    return Verdict(State.TIMED_OUT, f"It ran longer than its limit of {timeout_sec} s; the agent was told to stop it.")


def after_cancel(job: Standing) -> Verdict | None:
    """The state after a cancel, or None when there is nothing to cancel any more.

    A running job stays running until its agent says how it ended: `cancel_requested` is what changes.
    """
    if job.state in {State.PENDING, State.HELD}:
        return Verdict(State.CANCELLED)
    if job.state is State.RUNNING:
        return Verdict(State.RUNNING)
    return None


def after_choice(job: Standing, choice: Choice) -> Verdict | None:
    """What an operator decided about an `unknown` or `held` job, or None when there is nothing to decide."""
    if job.state not in {State.UNKNOWN, State.HELD}:
        return None
    if choice is Choice.FAILED:
        return Verdict(State.FAILED, "Marked failed by an operator.")
    return Verdict(State.PENDING, "Retried by an operator.", retry_in_sec=0)


def may_readopt(job: Standing, attempt: int) -> bool:
    """Whether progress of an attempt whose lease ran out proves that it still runs (the control plane was away)."""
    return attempt == job.attempt and job.state in {State.UNKNOWN, State.PENDING, State.HELD}
