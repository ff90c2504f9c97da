"""The one decision about a pool: the monitor acts on it, `simulate` shows it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from .choice import choose
from .evidence import evidence_of
from .guards import ALL, Guards
from .limits import cooling, flapping, fleet_full, fleet_pace
from .readiness import Readiness, readiness
from .timing import grace_sec
from .verdict import Health, Verdict, verdict
from .view import FINE, Mass, PoolView, Standing, Vote, Weather
from .witness import says_alive, says_dead, votes


class Kind(StrEnum):
    STAY = "stay"
    PROMOTE = "promote"
    HOLD = "hold"
    NO_CANDIDATE = "no_candidate"


class Reason(StrEnum):
    """Stable codes; the sentences beside them say the fix."""

    HEALTHY = "healthy"
    LATE = "late"
    NO_ACTIVE = "no_active"
    UNKNOWN = "unknown"
    AUTO_OFF = "auto_off"
    SILENT = "silent"
    HAPROXY_INACTIVE = "haproxy_inactive"
    FAILBACK = "failback"
    HALTED = "halted"
    PAUSED = "paused"
    BLACKOUT = "blackout"
    LOCK_DELAY = "lock_delay"
    GRACE = "grace"
    AGENT_LOST = "agent_lost"
    MASS_SILENCE = "mass_silence"
    NO_CANDIDATE = "no_candidate"
    SINGLE_MEMBER = "single_member"
    FLAPPING = "flapping"
    COOLDOWN = "cooldown"
    FLEET_LIMIT = "fleet_limit"
    FLEET_PACE = "fleet_pace"
    RECORD_FIGHT = "record_fight"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now and why. `evidence` holds JSON values: the gap, the votes, each member's gates."""

    kind: Kind
    reason: Reason
    sentences: tuple[str, ...]
    to: UUID | None = None
    health: Health = Health.UNKNOWN
    readiness: dict[UUID, Readiness] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)


def decide(pool: PoolView, weather: Weather = FINE, *, guards: Guards = ALL, dead: Collection[UUID] = ()) -> Decision:
    """Judge the active member, and if it is unhealthy find out whether and to whom traffic may move.

    `dead` names members to be taken as dead, for "what if" (B5). Nothing here looks at a clock or changes anything.
    """
    pool = as_if_dead(pool, dead)
    ready = {member.member_id: readiness(pool, member) for member in pool.members}
    active = pool.member(pool.active_id)
    if active is None:
        return _Case(pool, weather, guards, ready).answer(
            Kind.STAY, Reason.NO_ACTIVE, "No member is active: make one active."
        )
    return _Case(pool, weather, guards, ready, active, verdict(pool, active)).decide()


def as_if_dead(pool: PoolView, dead: Collection[UUID]) -> PoolView:
    """The pool with these members silent for ever and their services gone."""
    if not dead:
        return pool
    gone = Vote(by="assumed", ok=False, age_sec=0.0, error="taken as dead")

    def bury(member: Standing) -> Standing:
        peers = {peer: vote for peer, vote in member.seen_by_peers.items() if peer not in dead}
        if member.member_id not in dead:
            return replace(member, seen_by_peers=peers)
        return replace(
            member, assumed_dead=True, heard=False, ever_seen=True, silence_sec=1e6, age_sec=1e6, proof_age_sec=1e6,
            run_sec=0.0,
            seen_from_here=gone, seen_by_peers=dict.fromkeys(peers, gone),
        )  # fmt: skip

    return replace(pool, members=tuple(map(bury, pool.members)))


@dataclass(frozen=True, slots=True)
class _Case:
    pool: PoolView
    weather: Weather
    guards: Guards
    ready: dict[UUID, Readiness]
    active: Standing | None = None
    found: Verdict = Verdict(Health.UNKNOWN, "")

    def decide(self) -> Decision:
        assert self.active is not None  # noqa: S101
        if self.found.health is Health.UNKNOWN:
            return self.answer(Kind.STAY, Reason.UNKNOWN, self.found.reason)
        if self.found.health is Health.LATE:
            return self.answer(Kind.STAY, Reason.LATE, self.found.reason)
        if not self.found.unhealthy:
            return self._failback() or self.answer(Kind.STAY, Reason.HEALTHY, self.found.reason)
        return self._automation_off() or self._not_now() or self._switch()

    def _automation_off(self) -> Decision | None:
        if not self.pool.policy.auto:
            return self.answer(
                Kind.STAY, Reason.AUTO_OFF, self.found.reason, "Automatic failover is off for this pool."
            )
        if self.weather.halted:
            return self.answer(Kind.HOLD, Reason.HALTED, self.weather.halted)
        if self.pool.policy.paused:
            return self.answer(Kind.HOLD, Reason.PAUSED, f"Paused for maintenance: {self.pool.policy.paused}")
        return None

    def _not_now(self) -> Decision | None:
        """R3 and R8: we ourselves are not yet sure of what we see."""
        weather = self.weather
        if weather.blackout is not None and self.guards.grace:
            return self.answer(Kind.HOLD, Reason.BLACKOUT, weather.blackout)
        if weather.lock_delay_sec > 0 and self.guards.lock_delay:
            left = f"{weather.lock_delay_sec:.0f} s"
            return self.answer(Kind.HOLD, Reason.LOCK_DELAY, f"Another monitor may still be at work: waiting {left}.")
        grace = grace_sec(self.pool.policy.recovery_sec)
        if weather.good_for_sec < grace and self.guards.grace:
            good = f"Intake is good again for {weather.good_for_sec:.0f} s; members get {grace:.0f} s to come back."
            return self.answer(Kind.HOLD, Reason.GRACE, good)
        return None

    def _switch(self) -> Decision:
        assert self.active is not None  # noqa: S101
        to = choose(self.pool, self.ready, self.guards)
        cast = votes(self.active, to) if self.pool.policy.probe.configured else ()
        if self.found.health is Health.SILENT and says_alive(cast):
            return self.answer(
                Kind.HOLD, Reason.AGENT_LOST, self.found.reason,
                f"Its service still answers ({', '.join(vote.by for vote in cast)}): the agent is lost, not the service.",
            )  # fmt: skip
        if self._mass() is not None and not says_dead(cast):
            return self.answer(Kind.HOLD, Reason.MASS_SILENCE, self._mass_sentence())
        if to is None:
            return self._nobody()
        return self._bounded() or self.answer(Kind.PROMOTE, Reason(self.found.health.value), self.found.reason, to=to)

    def _nobody(self) -> Decision:
        if len(self.pool.members) < 2:
            return self.answer(
                Kind.NO_CANDIDATE, Reason.SINGLE_MEMBER, self.found.reason, "The pool has no standby: add one."
            )
        why = [f"{m.name}: {gate.reason}" for m in self.pool.members for gate in self._failed(m)[:1]]
        return self.answer(Kind.NO_CANDIDATE, Reason.NO_CANDIDATE, self.found.reason, "No standby is ready.", *why)

    def _failed(self, member: Standing) -> tuple[Any, ...]:
        return () if member.member_id == self.pool.active_id else self.ready[member.member_id].failed

    def _bounded(self) -> Decision | None:
        """R10."""
        history = self.pool.history
        if (why := flapping(history)) is not None:
            return self.answer(Kind.HOLD, Reason.FLAPPING, why)
        if (why := cooling(history, self.guards)) is not None:
            return self.answer(Kind.HOLD, Reason.COOLDOWN, why)
        if (why := fleet_full(self.weather)) is not None:
            return self.answer(Kind.HOLD, Reason.FLEET_LIMIT, why)
        if fleet_pace(self.weather):
            return self.answer(Kind.HOLD, Reason.FLEET_PACE, "Another pool was switched this second: next in line.")
        return None

    def _failback(self) -> Decision | None:
        """The preferred member gets traffic back when asked for, steady for long, and nothing else is going on."""
        policy, weather = self.pool.policy, self.weather
        if not (policy.auto and policy.failback_auto) or policy.preferred in (None, self.pool.active_id):
            return None
        member = self.pool.member(policy.preferred)
        if member is None or not self.ready[member.member_id].ready or member.run_sec < policy.stable_sec:
            return None
        if weather.halted or policy.paused or self._not_now() or self._mass() or self._bounded():
            return None
        sentence = f"{member.name} is preferred and was steady for {member.run_sec:.0f} s."
        return self.answer(Kind.PROMOTE, Reason.FAILBACK, sentence, to=member.member_id)

    def _mass(self) -> Mass | None:
        """R4. An operator who acknowledged after it began has looked: this pool may go on."""
        mass, seen = self.weather.mass, self.pool.history.acknowledged_sec
        if mass is None or not self.guards.mass_guard or (seen is not None and seen < mass.for_sec):
            return None
        return mass

    def _mass_sentence(self) -> str:
        mass = self.weather.mass
        assert mass is not None  # noqa: S101
        sentence = (
            f"{mass.silent} of {mass.of} members fell silent together: this looks like a network, not like dead hosts."
        )
        if self.pool.policy.probe.configured:
            return sentence + " The service probe does not prove the opposite."
        return sentence + " A service probe on the pool could prove the opposite; without one, acknowledge to go on."

    def answer(self, kind: Kind, reason: Reason, *sentences: str, to: UUID | None = None) -> Decision:
        evidence = evidence_of(self.pool, self.weather, self.ready) if kind is not Kind.STAY else {}
        return Decision(kind, reason, sentences, to, self.found.health, self.ready, evidence)
