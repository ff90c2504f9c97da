"""Brings one name from what it is to what it should be: read, plan, fence, apply, read back, ask the authorities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..kernel.failpoint import failpoint
from .ports import (
    ChangeKind,
    Fence,
    OutcomeUnknown,
    Plan,
    Provider,
    ProviderError,
    ProviderUnauthorized,
    RateLimited,
    Record,
    Refused,
    Stale,
    Zone,
)
from .rules import SuspiciousPlan, check_plan, plan, ttl_to_write

# Writes per call. The caller comes back every 1-2 s while its intent is open, so a call stays short.
WRITES_MAX, READS_MAX = 2, 4

Want = Mapping[str, tuple[str, ...]]
# Asks the zone's own servers; True: all that answered agree, False: one disagrees, None: nobody answered.
Verify = Callable[[Zone, str, Want], bool | None]


class Outcome(StrEnum):
    IN_SYNC = "in_sync"
    # Only from a look that may not write: the name holds something else than what was set.
    DRIFT = "drift"
    APPLIED = "applied"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    FAILED = "failed"
    RATE_LIMITED = "rate_limited"
    UNAUTHORIZED = "unauthorized"
    REFUSED = "refused"


# What is left is worth a retry: FAILED.
OUTCOMES: dict[type[ProviderError], Outcome] = {
    RateLimited: Outcome.RATE_LIMITED,
    ProviderUnauthorized: Outcome.UNAUTHORIZED,
    Refused: Outcome.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Target:
    """The name that a pool owns, and how its records are to be written."""

    zone: Zone
    name: str
    ttl: int
    proxied: bool = False
    owned: frozenset[str] = frozenset()
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One record that was written. `certain` is False when the answer was lost."""

    kind: str
    type: str
    old: str | None
    new: str | None
    certain: bool


@dataclass(frozen=True, slots=True)
class Convergence:
    """`observed` is the last reading: {type: (content, …)}. `verified`: what the zone's own servers said."""

    outcome: Outcome
    observed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    writes: tuple[Write, ...] = ()
    detail: str = ""
    retry_after_sec: float | None = None
    verified: bool | None = None
    records: tuple[Record, ...] = ()

    @property
    def done(self) -> bool:
        return self.outcome in {Outcome.IN_SYNC, Outcome.APPLIED}


def converge(
    provider: Provider, target: Target, want: Want, fence: Fence, *, verify: Verify | None = None
) -> Convergence:
    """Make `target.name` hold exactly `want`. Whatever `fence` raises goes through: the caller lost its right to write.

    Safe to call again at any time; a lost answer is read back and a lost create is never repeated in the same call.
    """
    run = _Run(provider, target, want, fence)
    try:
        found = run.go()
    except SuspiciousPlan as why:
        return run.result(Outcome.REFUSED, str(why))
    except ProviderError as why:
        lost = run.unsure and why.retry and not isinstance(why, RateLimited)
        outcome = Outcome.UNKNOWN if lost else OUTCOMES.get(type(why), Outcome.FAILED)
        return run.result(outcome, why.detail, retry_after_sec=getattr(why, "retry_after_sec", None))
    if not found.done or target.proxied or verify is None:
        return found
    return _with_verdict(found, verify(target.zone, target.name, want))


def _with_verdict(found: Convergence, verdict: bool | None) -> Convergence:
    detail = found.detail
    if verdict is False:
        detail = "The provider has the new value; at least one of the zone's servers still gives the old one."
    elif verdict is None:
        detail = "The provider has the new value; none of the zone's servers could be asked."
    return Convergence(found.outcome, found.observed, found.writes, detail, None, verdict, found.records)


class _Run:
    """One pass; keeps what was read and written, so that an error on the way does not lose it."""

    def __init__(self, provider: Provider, target: Target, want: Want, fence: Fence) -> None:
        self.provider = provider
        self.target = target
        self.want = want
        self.fence = fence
        self.records: tuple[Record, ...] = ()
        self.writes: list[Write] = []
        self.unsure = False
        self.owned = set(target.owned)

    def go(self) -> Convergence:
        writes = 0
        lost_create = False
        for _ in range(READS_MAX):
            self.records = self.provider.read(self.target.zone, self.target.name)
            step = self.plan()
            if step.conflicts:
                return self.result(Outcome.CONFLICT, " ".join(step.conflicts))
            if not step.changes:
                return self.result(Outcome.APPLIED if self.writes else Outcome.IN_SYNC, "")
            creates = any(change.kind is ChangeKind.CREATE for change in step.changes)
            if lost_create and creates:
                return self.result(
                    Outcome.UNKNOWN, "A new record was sent, its answer was lost, and it is not there yet."
                )
            if writes >= WRITES_MAX:
                break
            try:
                self.write(step)
            except Stale:
                continue
            except OutcomeUnknown:
                lost_create = creates
            writes += 1
        if self.unsure:
            return self.result(Outcome.UNKNOWN, "The answer to the last write was lost and the record is unchanged.")
        return self.result(Outcome.FAILED, "The provider reports success, but the record is unchanged.")

    def plan(self) -> Plan:
        return plan(
            want=self.want,
            actual=self.records,
            ttl=ttl_to_write(self.target.ttl, self.target.proxied, self.provider.limits),
            proxied=self.target.proxied,
            owned=self.owned,
            adopted=self.target.adopted,
        )

    def write(self, step: Plan) -> None:
        check_plan(step)
        failpoint("dns.before_write")
        try:
            self.provider.apply(self.target.zone, self.target.name, step, self.fence)
        except OutcomeUnknown:
            self.unsure = True
            self.note(step, certain=False)
            raise
        self.unsure = False
        self.note(step, certain=True)
        failpoint("dns.after_write")

    def note(self, step: Plan, *, certain: bool) -> None:
        for change in step.changes:
            before, after = change.before, change.after
            kind = (after or before).type  # type: ignore[union-attr]
            old, new = before.content if before else None, after.content if after else None
            self.writes.append(Write(change.kind.value, kind, old, new, certain))
            if after is not None:
                # A late effect must be known as ours when it turns up.
                self.owned.add(after.key)

    def result(self, outcome: Outcome, detail: str, retry_after_sec: float | None = None) -> Convergence:
        return Convergence(
            outcome, observed_of(self.records), tuple(self.writes), detail, retry_after_sec, None, self.records
        )


def observed_of(records: tuple[Record, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(record.type, []).append(record.content)
    return {kind: tuple(sorted(contents)) for kind, contents in sorted(found.items())}
