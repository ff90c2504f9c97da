"""R7: could this member take over now? Every gate with its reason, ticked or not."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from .timing import READY_RUN_SEC, VOTE_FRESH_SEC, stale_after_sec
from .view import PoolView, Standing


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition. A blocking gate that fails makes the member not ready; the others rank and warn."""

    name: str
    passed: bool
    reason: str
    blocking: bool = True
    severe: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    member_id: UUID
    gates: tuple[Gate, ...]

    @property
    def ready(self) -> bool:
        return all(gate.passed for gate in self.gates if gate.blocking)

    @property
    def failed(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if gate.blocking and not gate.passed)

    @property
    def warned(self) -> tuple[Gate, ...]:
        return tuple(gate for gate in self.gates if not gate.blocking and not gate.passed)


def readiness(pool: PoolView, member: Standing) -> Readiness:
    """All gates of one member, in the order in which an operator would look."""
    gates = [_heard(member), _unbroken(member), _haproxy(pool, member), _probe(pool, member), _address(member)]
    gates += [_no_job(member), _no_maintenance(member), _promotable(member), _single(member)]
    gates += [Gate(warn.name, False, warn.reason, blocking=False, severe=warn.severe) for warn in member.warnings]
    if pool.dns_problem:
        gates.append(Gate("dns", False, pool.dns_problem, blocking=False))
    return Readiness(member.member_id, tuple(gate for gate in gates if gate is not None))


def _heard(member: Standing) -> Gate:
    if not member.heard:
        return Gate("heartbeat", False, "No heartbeat has come in. Check that the agent runs.")
    fresh = max(member.age_sec, member.silence_sec) <= stale_after_sec(member.interval_sec)
    return Gate("heartbeat", fresh, f"Heard {member.age_sec:.1f} s ago.")


def _unbroken(member: Standing) -> Gate:
    long_enough = member.heard and member.run_sec >= READY_RUN_SEC
    reason = f"Heartbeats without a gap for {member.run_sec:.0f} s; {READY_RUN_SEC:.0f} s are needed."
    return Gate("unbroken", long_enough, reason)


def _haproxy(pool: PoolView, member: Standing) -> Gate | None:
    if not pool.haproxy:
        return None
    if not member.haproxy_monitored:
        return Gate("haproxy", False, "The agent does not monitor HAProxy here, so nobody knows.", blocking=False)
    good = member.haproxy_active and member.inactive_reports == 0
    return Gate("haproxy", good, "HAProxy is active." if good else "HAProxy is not active.")


def _probe(pool: PoolView, member: Standing) -> Gate | None:
    if not pool.policy.probe.configured:
        return None
    vote = member.seen_from_here
    if vote is None or vote.age_sec > VOTE_FRESH_SEC:
        return Gate("probe", False, "The control plane has no fresh answer from the service on this member.")
    return Gate("probe", vote.ok, "The service answers." if vote.ok else f"The service does not answer: {vote.error}.")


def _address(member: Standing) -> Gate:
    if member.addresses:
        shown = ", ".join(text for texts in member.addresses.values() for text in texts)
        return Gate("address", True, f"{shown} would be published.")
    return Gate("address", False, member.address_problem or "No address of this member is approved for DNS.")


def _no_job(member: Standing) -> Gate:
    busy = member.disruption_sec is not None
    return Gate("jobs", not busy, "A job that stops HAProxy is running." if busy else "No job stops HAProxy.")


def _no_maintenance(member: Standing) -> Gate:
    reason = "The member is in maintenance." if member.maintenance else "Not in maintenance."
    return Gate("maintenance", not member.maintenance, reason)


def _promotable(member: Standing) -> Gate:
    reason = "Set to never take over." if member.never_promote else "May take over."
    return Gate("promotable", not member.never_promote, reason)


def _single(member: Standing) -> Gate:
    reason = "Two hosts seem to use this member's secret: rotate it." if member.clone_suspected else "One host."
    return Gate("single_host", not member.clone_suspected, reason)
