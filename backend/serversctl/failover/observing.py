"""Puts together what the database, the liveness store and the probes know into the view that rules look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ..heartbeats.ports import Sighting
from .ports import DnsFacts, MemberRow, PoolRow
from .rules.addresses import looks_internal, publishable
from .rules.guards import ALL, Guards
from .rules.timing import stale_after_sec
from .rules.view import History, PoolView, Standing, Vote, Warn

PROBE_PREFIX = "service:"
HERE = "control plane"
AHEAD_SEC = 1.0


def probe_id(member_id: UUID) -> str:
    """What the try of a member's service is called, in heartbeat answers and results."""
    return f"{PROBE_PREFIX}{member_id}"


@dataclass(frozen=True, slots=True)
class Observations:
    """What is known at this moment, besides the rows. `now` is store time, `database_now` the database's."""

    now: float
    database_now: datetime
    sightings: Mapping[UUID, Sighting]
    silence: Callable[[float | None], float]  # counted seconds since a moment; None: since we watch
    dns: Mapping[UUID, DnsFacts] = field(default_factory=dict)
    votes: Mapping[UUID, Vote] = field(default_factory=dict)  # the control plane's own probes, by member
    disruptions: Mapping[UUID, datetime] = field(default_factory=dict)
    warnings: Mapping[UUID, tuple[Warn, ...]] = field(default_factory=dict)


def alive_at(sighting: Sighting, guards: Guards = ALL) -> float:
    """The moment of the latest proof of life (R2).

    A healthy agent echoes the nonce of its last answer, so its proof is one interval old: that much is taken as
    receipt. A heartbeat that was on its way for longer proves only the time at which its nonce was issued.
    """
    usual = stale_after_sec(sighting.interval_sec)
    if not guards.nonce or sighting.seen_at - sighting.proven_at <= usual:
        return sighting.seen_at
    return sighting.proven_at


def pool_view(pool: PoolRow, seen: Observations, guards: Guards = ALL) -> PoolView:
    """One pool with each member's standing."""
    facts = seen.dns.get(pool.pool_id)
    internal = facts.internal if facts else looks_internal(ip for m in pool.members for ip in known_addresses(m))
    peers = _peer_votes(pool, seen)
    problem = facts.problem if facts else "No DNS record is connected to this pool: traffic will not move."
    return PoolView(
        pool_id=pool.pool_id,
        account_id=pool.account_id,
        name=pool.name,
        haproxy=pool.haproxy,
        epoch=pool.epoch,
        active_id=pool.active_id,
        policy=pool.policy,
        members=tuple(
            _standing(
                member,
                seen,
                peers=peers.get(member.member_id, {}),
                internal=internal,
                dynamic=bool(facts and facts.dynamic_sync),
                guards=guards,
            )
            for member in pool.members
        ),
        history=_history(pool, seen.database_now),
        dns_problem=problem,
    )


def known_addresses(member: MemberRow) -> tuple[str, ...]:
    return member.public_ips or member.allowed_ips


def service_address(pool: PoolRow, member: MemberRow, facts: DnsFacts | None) -> str | None:
    """Where this member's service is tried: the first address that clients would be sent to."""
    internal = facts.internal if facts else looks_internal(ip for m in pool.members for ip in known_addresses(m))
    found = publishable(public_ips=member.public_ips, allowed_ips=member.allowed_ips, internal=internal)
    return next((text for texts in found.addresses.values() for text in texts), None)


def _standing(
    row: MemberRow,
    seen: Observations,
    *,
    peers: Mapping[UUID, Vote],
    internal: bool,
    dynamic: bool,
    guards: Guards,
) -> Standing:
    sighting = seen.sightings.get(row.member_id)
    if sighting is not None and sighting.seen_at > seen.now + AHEAD_SEC:
        sighting = None  # the store's clock was set back, and this member was not heard since: nothing is known
    found = publishable(
        public_ips=row.public_ips,
        allowed_ips=row.allowed_ips,
        declared=sighting.ip if sighting else None,
        source=sighting.source if sighting else None,
        internal=internal,
        dynamic=dynamic,
    )
    started = seen.disruptions.get(row.member_id)
    alive = alive_at(sighting, guards) if sighting else None
    return Standing(
        member_id=row.member_id,
        name=row.name,
        priority=row.priority,
        never_promote=row.never_promote,
        maintenance=row.maintenance,
        addresses=found.addresses,
        address_problem=found.problem,
        ever_seen=row.ever_seen or row.member_id in seen.sightings,
        heard=sighting is not None,
        silence_sec=seen.silence(alive),
        age_sec=seen.now - sighting.seen_at if sighting else 0.0,
        proof_age_sec=seen.now - (alive or 0.0),
        run_sec=seen.now - sighting.run_since if sighting else 0.0,
        interval_sec=sighting.interval_sec if sighting else 1,
        agent_version=sighting.agent_version if sighting else 0,
        haproxy_monitored=bool(sighting and sighting.haproxy_monitored),
        haproxy_active=bool(sighting and sighting.haproxy_active),
        inactive_reports=sighting.inactive_reports if sighting else 0,
        clone_suspected=bool(sighting and sighting.clone_suspected),
        disruption_sec=(seen.database_now - started).total_seconds() if started else None,
        seen_from_here=seen.votes.get(row.member_id),
        seen_by_peers=peers,
        warnings=seen.warnings.get(row.member_id, ()),
    )


def _peer_votes(pool: PoolRow, seen: Observations) -> dict[UUID, dict[UUID, Vote]]:
    """target member → voting member → vote. A member's word about itself does not count."""
    if not pool.policy.probe.configured:
        return {}
    targets = {probe_id(member.member_id): member.member_id for member in pool.members}
    found: dict[UUID, dict[UUID, Vote]] = {}
    for voter in pool.members:
        sighting = seen.sightings.get(voter.member_id)
        for result in sighting.probe_results if sighting else ():
            target = targets.get(result.probe_id)
            if target is not None and target != voter.member_id:
                age = max(0.0, seen.now - result.at)
                vote = Vote(by=voter.name, ok=result.ok, age_sec=age, millis=result.millis, error=result.error)
                found.setdefault(target, {})[voter.member_id] = vote
    return found


def _history(pool: PoolRow, now: datetime) -> History:
    def ago(moment: datetime | None) -> float | None:
        return None if moment is None else max(0.0, (now - moment).total_seconds())

    return History(
        since_automatic_sec=ago(pool.last_automatic_at),
        automatic_last_hour=pool.automatic_last_hour,
        flapping=pool.flapping,
        acknowledged_sec=ago(pool.acknowledged_at),
    )
